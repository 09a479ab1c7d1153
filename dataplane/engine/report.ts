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
  /** Sockets that held other values than were verified on them and were repaired, since the start. */
  readonly drifted: number;
  readonly listeners: readonly ListenerState[];
}

export const CONNECTION_SIDES = ['downstream', 'upstream'] as const;
export type ConnectionSide = (typeof CONNECTION_SIDES)[number];
export const CONNECTION_PROTOCOLS = ['sniffing', 'http/1.1', 'h2', 'websocket', 'tcp'] as const;
export type ConnectionProtocol = (typeof CONNECTION_PROTOCOLS)[number];
export const CONNECTION_STATES = ['idle', 'busy', 'upgraded', 'closing'] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

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

/** Where a drain stands. */
export interface DrainProgress {
  /** Connections of clients that are still open. */
  readonly left: number;
  readonly byProtocol: ReadonlyMap<ConnectionProtocol, number>;
  /** Until those that are left are cut off, milliseconds. */
  readonly hardEndInMs: number;
}

export interface DrainReport {
  /** Connections of clients that ended during the drain, by cause. */
  readonly ended: ReadonlyMap<CloseCause, number>;
  /** Of those: cut off, because the grace was over. */
  readonly cut: number;
  readonly tookMs: number;
}

/** The newest PING of an HTTP/2 connection. */
export interface PingView {
  readonly sentAgoMs: number;
  /** Undefined while it is not answered. */
  readonly roundTripMs: number | undefined;
}

/** What the kernel knows of a connection's path: TCP_INFO, `struct tcp_info` in linux/tcp.h. */
export interface TcpView {
  /** Smoothed; tcpi_rtt. */
  readonly roundTripMs: number;
  /** tcpi_rttvar. */
  readonly roundTripVarianceMs: number;
  /** Sent and not acknowledged; tcpi_unacked. */
  readonly unackedSegments: number;
  /** Written by us and not sent yet; tcpi_notsent_bytes. */
  readonly notSentBytes: number;
  /** Since the peer last acknowledged anything; tcpi_last_ack_recv. */
  readonly sinceLastAckMs: number;
  /** Times the oldest unacknowledged segment was sent again; tcpi_retransmits. */
  readonly retransmits: number;
  /** Unanswered keepalive or window probes; tcpi_probes. */
  readonly probes: number;
  /** As `ss` writes it: `ESTAB`, `CLOSE-WAIT`. */
  readonly state: string;
}

/** One open connection, for `/connections`. Values were read from the kernel for this answer. */
export interface ConnectionView {
  /** Unique in the process, increasing. */
  readonly id: number;
  readonly side: ConnectionSide;
  readonly bindKey: string;
  readonly protocol: ConnectionProtocol;
  readonly peer: string;
  /** Source in the PROXY header; the same as `peer` without one. */
  readonly client: string;
  /** Name of the listener, of the last request when several share the port; empty for upstream connections. */
  readonly listener: string;
  readonly local: string;
  readonly state: ConnectionState;
  readonly ageMs: number;
  /** Since the last byte received, milliseconds. */
  readonly idleMs: number;
  /** Snapshot label whose values were verified on this connection; empty when none was. */
  readonly version: string;
  readonly inForce: boolean;
  /** TCP_KEEPIDLE is still to be written, so that not all idle sockets probe at once. */
  readonly settling: boolean;
  readonly deferred: boolean;
  readonly settingsPending: boolean;
  /** As read back; undefined when the socket ended meanwhile. */
  readonly keepalive: (TcpKeepalive & { readonly userTimeoutMs: number }) | undefined;
  /** HTTP/2 only; undefined before the first PING. */
  readonly lastPing: PingView | undefined;
  /** Undefined when the socket ended meanwhile. */
  readonly tcp: TcpView | undefined;
  /** Requests it brought (downstream) or was given (upstream). */
  readonly requests: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export interface ConnectionPage {
  readonly connections: readonly ConnectionView[];
  /** Pass as `afterId` for the next page; undefined on the last. */
  readonly nextAfterId: number | undefined;
  /** On all pages together. */
  readonly total: number;
}
