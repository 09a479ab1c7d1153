// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { HttpSettings, TcpKeepalive } from '../engine/plan.js';
import type { CloseCause, ConnectionProtocol, ConnectionSide } from '../engine/report.js';
import type { WheelEntry } from '../keepalive/timer-wheel.js';
import type { BindTraffic } from '../proxy/http-traffic.js';

/** Connections that share one set of values: those of a bind, or all upstream ones. */
export interface ConnectionGroup {
  /** Bind key; empty for upstream connections, whose pools are shared by all binds. */
  readonly key: string;
  readonly side: ConnectionSide;
  /**
   * The values that belong on every socket, "off" resolved to the system's. Replaced by a new object
   * when a value changes, so identity with `Connection.verified` means in force.
   */
  target: TcpKeepalive;
  http: HttpSettings | undefined;
  /** The bind, for its current routes; undefined for upstream connections. */
  readonly bind: BindTraffic | undefined;
  /** Snapshot label that `target` and `http` are part of. */
  version: string;
  open: number;
  inForce: number;
  failed: number;
}

/** What a protocol does with its connection when time passes or its settings change. */
export interface ConnectionDriver {
  /** Does what is due and returns when to ask again (monotonic ms; infinite = never). */
  onDeadline(nowMs: number): number;
  /** The group's HTTP settings were replaced; returns like `onDeadline`. */
  onSettings(previous: HttpSettings, next: HttpSettings, nowMs: number): number;
  /** Ends gracefully: no new requests, what runs finishes. Idempotent. */
  retire(request: RetireRequest): void;
}

export interface RetireRequest {
  readonly cause: CloseCause;
  /** Close an idle HTTP/1 connection now, instead of with its next response. */
  readonly closeIdle: boolean;
}

/** One open socket: a plain object in the registry's dense array. */
export interface Connection {
  readonly id: number;
  readonly group: ConnectionGroup;
  readonly socket: Socket;
  readonly bornMs: number;
  /** Place in the registry's array; −1 once it is out. */
  index: number;
  protocol: ConnectionProtocol;
  state: 'idle' | 'busy' | 'upgraded' | 'closing';
  /** The group's target that was read back on this socket. */
  verified: TcpKeepalive | undefined;
  /** The group's target that this socket refused; such a connection is counted, not retried. */
  refused: TcpKeepalive | undefined;
  /** HTTP settings that this connection has acted on. */
  http: HttpSettings | undefined;
  deferred: boolean;
  settingsPending: boolean;
  /** Why we ended it; the peer's doing when still undefined at its close. */
  cause: CloseCause | undefined;
  driver: ConnectionDriver | undefined;
  readonly deadline: WheelEntry<Connection>;
}

/** The socket's file descriptor at this moment; −1 when it has none any more. */
export function descriptorOf(socket: Socket): number {
  // Node has no public way to the descriptor; `_handle.fd` is the same on 20, 22, 24 and 26.
  const handle = (socket as Socket & { _handle?: { readonly fd?: number } | null })._handle;
  return handle?.fd ?? -1;
}

/** Ends a connection now and books `cause`, unless a cause is booked already. */
export function endConnection(connection: Connection, cause: CloseCause): void {
  connection.cause ??= cause;
  connection.state = 'closing';
  connection.socket.destroy();
}

/** Like `endConnection`, with RST: the kernel forgets the peer at once instead of retrying for minutes. */
export function resetConnection(connection: Connection, cause: CloseCause): void {
  connection.cause ??= cause;
  connection.state = 'closing';
  connection.socket.resetAndDestroy();
}
