// SPDX-License-Identifier: Apache-2.0

/** Values of one TCP socket's keepalive, in the kernel's own units (tcp(7), socket(7)). */
export interface TcpKeepalive {
  /** SO_KEEPALIVE. */
  readonly enabled: boolean;
  /** TCP_KEEPIDLE, seconds, 1..32767. */
  readonly idleSeconds: number;
  /** TCP_KEEPINTVL, seconds, 1..32767. */
  readonly intervalSeconds: number;
  /** TCP_KEEPCNT, 1..127. */
  readonly probes: number;
}

/** Every HTTP setting of a bind, defaults filled in; a 0 switches a deadline or machine off. */
export interface HttpSettings {
  /** Bytes that may be buffered for one request; never a limit on a streamed body. Default 2097152. */
  readonly maxBufferBytes: number;
  /** Header fields of an HTTP/1 request above which 431 is answered. Default 100. */
  readonly http1MaxHeaders: number;
  /** Idle HTTP/1 connections are closed after this, milliseconds. Default 600000. */
  readonly http1IdleTimeoutMs: number;
  readonly http1HeaderCase: 'lowercase' | 'preserve';
  /** SETTINGS_INITIAL_WINDOW_SIZE, bytes. Default 1 MiB. */
  readonly http2WindowBytes: number;
  /** Receive window of the whole session, bytes. Default 2 MiB. */
  readonly http2ConnectionWindowBytes: number;
  /** SETTINGS_MAX_FRAME_SIZE, bytes. Default 16384. */
  readonly http2FrameBytes: number;
  /** SETTINGS_MAX_HEADER_LIST_SIZE, bytes. Default 16384. */
  readonly http2MaxHeaderListBytes: number;
  /** PING after this long without a byte received, milliseconds; 0 = no PINGs. Default 0. */
  readonly http2KeepaliveIntervalMs: number;
  /** Wait for the PING's answer, milliseconds. Default 20000. */
  readonly http2KeepaliveTimeoutMs: number;
  /** Graceful end of a connection at this age, milliseconds; 0 = never. Default 0. */
  readonly maxConnectionDurationMs: number;
}

export interface BackendTarget {
  readonly key: string;
  readonly host: string;
  readonly port: number;
  /** 0 takes no traffic. */
  readonly weight: number;
}

/** Why a part of the plan answers with a refusal instead of traffic: it fails closed. */
export interface Refusal {
  readonly reason: string;
}

export interface HttpRoutePlan {
  readonly key: string;
  /** Lower case, `*.` wildcards allowed; empty = every host. */
  readonly hostnames: readonly string[];
  readonly pathMatch:
    | { readonly type: 'prefix'; readonly value: string }
    | { readonly type: 'exact'; readonly value: string };
  readonly backends: readonly BackendTarget[];
  /** Set: every request of this route gets 500 (a part that restricts access cannot be enforced). */
  readonly refusal?: Refusal;
}

export interface TcpRoutePlan {
  readonly key: string;
  readonly backends: readonly BackendTarget[];
  readonly refusal?: Refusal;
}

export interface ListenerPlan {
  readonly key: string;
  /** Name inside the Gateway. */
  readonly name: string;
  /** Lower case; empty = every host. */
  readonly hostname: string;
  readonly routes: readonly HttpRoutePlan[];
  readonly tcpRoutes: readonly TcpRoutePlan[];
}

/** One port: several listeners (hostnames) share it, and share one set of frontend values. */
export interface BindPlan {
  readonly key: string;
  /** As the Gateway names it; the worker adds its port offset when it binds. */
  readonly port: number;
  readonly protocol: 'http' | 'tcp';
  /** Sorted by key. */
  readonly listeners: readonly ListenerPlan[];
  readonly tcp: TcpKeepalive;
  readonly http: HttpSettings;
  /** Keys of the policies behind `tcp` and `http`, for dumps and logs; sorted. */
  readonly policyKeys: readonly string[];
  /** Set: the bind accepts nothing (a restriction on it cannot be enforced by this worker). */
  readonly refusal?: Refusal;
}

/** Everything an engine does, in one immutable value. */
export interface Plan {
  /** Snapshot label that this plan came from; the empty string for the empty plan at the start. */
  readonly version: string;
  /** Sorted by key. */
  readonly binds: readonly BindPlan[];
  /** Keepalive of upstream sockets (reference default 180/180/9). */
  readonly upstreamTcp: TcpKeepalive;
}
