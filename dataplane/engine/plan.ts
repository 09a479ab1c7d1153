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

/** One address of a Service that takes traffic. */
export interface ServiceEndpoint {
  /** IP address. */
  readonly host: string;
  /** From the Service's port to this endpoint's. */
  readonly ports: ReadonlyMap<number, number>;
}

/** The endpoints of each Service, by `namespace/hostname`. No part of a plan: they are always those of now. */
export type EndpointTable = ReadonlyMap<string, readonly ServiceEndpoint[]>;

export interface BackendTarget {
  readonly key: string;
  /** Set: one of this Service's endpoints is taken for each request; `host` is empty, and `port` is the Service's. */
  readonly service?: string;
  readonly host: string;
  readonly port: number;
  /** 0 takes no traffic. */
  readonly weight: number;
  /** Filters for this backend alone, after those of the route. */
  readonly filters?: BackendFilters;
  /** Set: its share of the traffic is refused (500) instead of moving to the others; host and port mean nothing. */
  readonly refusal?: Refusal;
}

/** One header field; the name as it was written. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** In this order, as the reference proxy does: added to what is there, in place of what is there, removed. */
export interface HeaderChanges {
  readonly add: readonly HeaderField[];
  readonly set: readonly HeaderField[];
  /** Lower case. */
  readonly remove: readonly string[];
}

/** What becomes of a request's path; its query stays. */
export type PathChange =
  | { readonly type: 'full'; readonly path: string }
  /** `from` is the prefix that the route matches; neither ends with a slash, the root is the empty string. */
  | { readonly type: 'prefix'; readonly from: string; readonly to: string };

/** An answer that sends the client elsewhere (Gateway API HTTPRequestRedirectFilter); what is absent is the request's. */
export interface Redirect {
  readonly scheme?: string;
  readonly hostname?: string;
  /** Absent: the port of `scheme` when that is set, else the listener's. */
  readonly port?: number;
  readonly path?: PathChange;
  /** 301, 302, 303, 307 or 308. */
  readonly status: number;
}

export interface BackendFilters {
  readonly requestHeaders?: HeaderChanges;
  readonly responseHeaders?: HeaderChanges;
  /** Set: the request is answered with it. */
  readonly redirect?: Redirect;
}

export interface RouteFilters extends BackendFilters {
  /** Host that the backend sees. */
  readonly hostname?: string;
  /** Path that the backend sees. */
  readonly path?: PathChange;
}

/** Why a part of the plan answers with a refusal instead of traffic: it fails closed. */
export interface Refusal {
  readonly reason: string;
}

/** A condition on the value under a name. `unknown` is one this worker cannot check: it is taken to hold, and the route is refused. */
export interface ValueMatch {
  readonly name: string;
  readonly type: 'exact' | 'regex' | 'unknown';
  readonly value: string;
}

/** One match of one rule. */
export interface HttpRoutePlan {
  readonly key: string;
  /** Lower case, `*.` wildcards allowed; empty = every host. */
  readonly hostnames: readonly string[];
  /** `regex` is in RE2 syntax and matches the whole path. */
  readonly pathMatch: { readonly type: 'prefix' | 'exact' | 'regex'; readonly value: string };
  /** Absent: every method. */
  readonly method?: string;
  /** All must hold; names in lower case, each once. */
  readonly headers?: readonly ValueMatch[];
  /** All must hold; each name once. */
  readonly query?: readonly ValueMatch[];
  readonly filters?: RouteFilters;
  /** From the request's head to the end of the answer, milliseconds; absent: no limit. */
  readonly timeoutMs?: number;
  /** Empty with a redirect. */
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

/** The header that a load balancer puts in front of a connection (haproxy's proxy-protocol.txt). */
export interface ProxyProtocolPlan {
  readonly versions: 'v1' | 'v2' | 'all';
  /** `strict`: a connection without it is closed. `optional`: it is served as it is, so that anybody may name any source. */
  readonly mode: 'strict' | 'optional';
}

/**
 * CEL expressions over `source`. No deny may hold, every require must, and of the allows, if there are any, one must; what
 * cannot be evaluated counts against the connection.
 */
export interface AccessRules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly require: readonly string[];
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
  /** Set: connections begin with a PROXY protocol header. */
  readonly proxyProtocol?: ProxyProtocolPlan;
  /** Set: who may connect; looked at when a connection is accepted, after its PROXY header. */
  readonly access?: AccessRules;
  /** Keys of the policies behind the values above, for dumps and logs; sorted. */
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
  /** Keepalive of sockets to single backends that differs from it, by backend key. */
  readonly upstreams?: ReadonlyMap<string, TcpKeepalive>;
}
