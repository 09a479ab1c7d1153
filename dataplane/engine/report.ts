// SPDX-License-Identifier: Apache-2.0
import type { TcpKeepalive } from './plan.js';

/** A problem of one part of a plan, by the key of its resource. */
export interface PlanProblem {
  /** Bind key, listener key or route key. */
  readonly key: string;
  readonly message: string;
  /** The listening socket could not be opened: the bind tries again until it is. */
  readonly class?: 'environment';
}

/** Result of `apply`, settled when the version may be acknowledged (design-dataplane §3). */
export interface ApplyReport {
  readonly version: string;
  /** The kernel refused a value on a listening socket: the listener was restored, the resource is NACKed. */
  readonly errors: readonly PlanProblem[];
  /** Accepted, but the operator should know: bind failed and is retried, n connections unverified. */
  readonly warnings: readonly PlanProblem[];
  readonly listenersMs: number;
  /** From `apply` to the last open connection verified, milliseconds. */
  readonly verifiedMs: number;
}

export interface ListenerState {
  readonly bindKey: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly listening: boolean;
  readonly inForce: boolean;
  readonly open: number;
  readonly inForceConnections: number;
  /** Why it is not listening or not in force; empty when all is well. */
  readonly error: string;
}

/** Where the engine stands now; `inForce` means read back, not merely attempted. */
export interface EngineSummary {
  readonly version: string;
  readonly inForce: boolean;
  /** Wall clock, milliseconds, when `inForce` last became true; 0 while it is false. */
  readonly inForceSinceMs: number;
  readonly open: number;
  readonly inForceConnections: number;
  readonly settling: number;
  readonly deferred: number;
  readonly settingsPending: number;
  readonly failed: number;
  readonly unverified: number;
  readonly newOnly: number;
  readonly listeners: readonly ListenerState[];
}

export type ConnectionSide = 'downstream' | 'upstream';
export type ConnectionProtocol = 'sniffing' | 'http/1.1' | 'h2' | 'websocket' | 'tcp';

/** Why a connection ended; every close has exactly one (design-dataplane §5). */
export type CloseCause =
  | 'tcp_keepalive'
  | 'tcp_unacked'
  | 'h2_ping_timeout'
  | 'http1_idle'
  | 'max_age'
  | 'listener_removed'
  /** PROXY protocol: the header was missing, broken or late. */
  | 'handshake'
  /** networkAuthorization. */
  | 'denied'
  | 'limit'
  | 'client'
  | 'upstream'
  | 'drain'
  | 'error';

/** One open connection, for `/connections`. Values were read from the kernel for this answer. */
export interface ConnectionView {
  /** Unique in the process, increasing. */
  readonly id: number;
  readonly side: ConnectionSide;
  readonly bindKey: string;
  readonly protocol: ConnectionProtocol;
  readonly peer: string;
  readonly local: string;
  readonly state: 'idle' | 'busy' | 'upgraded' | 'closing';
  readonly ageMs: number;
  /** Since the last byte received, milliseconds. */
  readonly idleMs: number;
  /** Snapshot label whose values were verified on this connection; empty when none was. */
  readonly version: string;
  readonly inForce: boolean;
  readonly deferred: boolean;
  readonly settingsPending: boolean;
  /** As read back; undefined when the socket ended meanwhile. */
  readonly keepalive: (TcpKeepalive & { readonly userTimeoutMs: number }) | undefined;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export interface ConnectionPage {
  readonly connections: readonly ConnectionView[];
  /** Pass as `afterId` for the next page; undefined on the last. */
  readonly nextAfterId: number | undefined;
  readonly total: number;
}
