// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { AccessCounts } from '../access/access-counts.js';
import type { HttpSettings, TcpKeepalive } from '../engine/plan.js';
import type {
  CloseCause,
  ConnectionProtocol,
  ConnectionSide,
  ConnectionState,
} from '../engine/report.js';
import { UPSTREAM_KEY } from '../engine/statistics.js';
import type { WheelEntry } from '../keepalive/timer-wheel.js';
import type { BindTraffic } from '../proxy/http-traffic.js';
import type { SocketCloser } from './socket-closer.js';

/** Connections that share one set of values: those of a bind, or those to a backend. */
export interface ConnectionGroup {
  /** Bind key; empty for upstream connections, whose pools are shared by all binds. */
  readonly key: string;
  readonly side: ConnectionSide;
  /** The values that belong on every socket, "off" resolved to the system's. */
  target: TcpKeepalive;
  /**
   * Counts changes of `target`, from 1. A number, because noting an object on each of 10,000
   * connections costs a fifth of the system calls of their sweep (write barriers).
   */
  generation: number;
  http: HttpSettings | undefined;
  /** The bind, for its current routes; undefined for upstream connections. */
  readonly bind: BindTraffic | undefined;
  /** Snapshot label that `target` and `http` are part of. */
  version: string;
  open: number;
  inForce: number;
  failed: number;
  readonly access: AccessCounts;
  /** How its sockets are ended. */
  readonly closer: SocketCloser;
  /** When its connections are next looked at for data that is not acknowledged, monotonic milliseconds. */
  watchMs: number;
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
  /** The socket's live handle, held here because a sweep reads one of each connection and little else. */
  readonly handle: DescriptorHandle;
  readonly bornMs: number;
  /** `host:port` of the client, from the PROXY protocol header of the balancer in front; undefined: the peer is the client. */
  client: string | undefined;
  /** Place in the registry's array; −1 once it is out. */
  index: number;
  protocol: ConnectionProtocol;
  state: ConnectionState;
  /** Generation of the group's target that was read back on this socket; 0 = none yet. */
  verified: number;
  /** Generation of the target that this socket refused; 0 = none. */
  refused: number;
  /** HTTP settings that this connection has acted on. */
  http: HttpSettings | undefined;
  deferred: boolean;
  settingsPending: boolean;
  /** Why we ended it; the peer's doing when still undefined at its close. */
  cause: CloseCause | undefined;
  driver: ConnectionDriver | undefined;
  /** TCP_KEEPIDLE is still to be written, paced. */
  settling: boolean;
  /** Generation of the access rules that let it in; 0 while they have not been asked. */
  admitted: number;
  /** Generation of the target of which everything but TCP_KEEPIDLE was written; 0 = none. */
  paced: number;
  /** Bytes written when nothing was unacknowledged last. */
  ackedBytes: number;
  requests: number;
  /** Name of the listener, of the last request when several share the port; empty for upstream. */
  listener: string;
  /** HTTP/2: the newest PING. */
  lastPing: LastPing | undefined;
  /** The kernel's, when the sampler came by last; negative before. */
  sampledRoundTripMs: number;
  /** When the last byte had come by then (monotonic), and how many had. */
  sampledLastByteMs: number;
  sampledRead: number;
  /** Bytes that the metrics have counted. */
  countedRead: number;
  countedWritten: number;
  readonly deadline: WheelEntry<Connection>;
}

export interface LastPing {
  /** Monotonic. */
  readonly sentMs: number;
  /** Undefined while it is not answered. */
  readonly roundTripMs: number | undefined;
}

/** Under which its connections are counted: all backends are one. */
export function statisticsKey({ group }: Connection): string {
  return group.side === 'upstream' ? UPSTREAM_KEY : group.key;
}

/** The group's values were read back on this connection. */
export function isInForce({ verified, group }: Connection): boolean {
  return verified === group.generation;
}

/** Node's handle behind a socket: `fd` asks libuv each time, and is negative from the moment it closes. */
export interface DescriptorHandle {
  readonly fd: number;
  /** Bytes given to the kernel or queued for it, whatever protocol library wrote them; 13 ns. */
  readonly bytesWritten: number;
}

const CLOSED: DescriptorHandle = Object.freeze({ fd: -1, bytesWritten: 0 });

/** Node has no public way to the descriptor; `_handle` is the same on 20, 22, 24 and 26. */
export function handleOf(socket: Socket): DescriptorHandle {
  return (socket as Socket & { readonly _handle?: DescriptorHandle | null })._handle ?? CLOSED;
}

/**
 * Ends a connection now and books `cause`, unless a cause is booked already. A live peer gets what was written, and
 * FIN.
 */
export function endConnection(connection: Connection, cause: CloseCause): void {
  connection.cause ??= cause;
  connection.state = 'closing';
  connection.group.closer.close(connection.socket, connection.handle.fd);
}

/** Like `endConnection`, with RST: the kernel forgets the peer at once instead of retrying for minutes. */
export function resetConnection(connection: Connection, cause: CloseCause): void {
  connection.cause ??= cause;
  connection.state = 'closing';
  connection.group.closer.reset(connection.socket, connection.handle.fd);
}
