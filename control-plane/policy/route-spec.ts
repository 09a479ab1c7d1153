// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import type { KubeObject } from './kube-object.js';

/** spec of HTTPRoute and TCPRoute, the part we read, after admission. A TCPRoute has no hostnames and matches. */
export interface RouteSpec {
  readonly parentRefs?: readonly ParentRef[];
  /** Absent or empty: every host of the listener. */
  readonly hostnames?: readonly string[];
  readonly rules?: readonly RouteRule[];
}

export interface ParentRef {
  readonly group: string;
  readonly kind: string;
  /** Absent: the route's own. */
  readonly namespace?: string;
  readonly name: string;
  readonly sectionName?: string;
  readonly port?: number;
}

export interface RouteRule {
  readonly name?: string;
  readonly matches?: readonly HttpMatch[];
  readonly filters?: readonly HttpFilter[];
  readonly backendRefs?: readonly BackendRef[];
  readonly timeouts?: RouteTimeouts;
  readonly retry?: JsonValue;
  readonly sessionPersistence?: JsonValue;
}

/** Gateway API durations; `0s` is no limit. */
export interface RouteTimeouts {
  readonly request?: string;
  readonly backendRequest?: string;
}

/** The CRD made sure that the one field is there which `type` names; those of other types are not read. */
export interface HttpFilter {
  readonly type: string;
  readonly requestHeaderModifier?: HeaderModifier;
  readonly responseHeaderModifier?: HeaderModifier;
  readonly requestRedirect?: RequestRedirect;
  readonly urlRewrite?: UrlRewrite;
}

export interface HeaderModifier {
  readonly set?: readonly HttpHeader[];
  readonly add?: readonly HttpHeader[];
  readonly remove?: readonly string[];
}

interface HttpHeader {
  readonly name: string;
  readonly value: string;
}

/** One of the two, as `type` says. */
export interface PathModifier {
  readonly type: 'ReplaceFullPath' | 'ReplacePrefixMatch';
  readonly replaceFullPath?: string;
  readonly replacePrefixMatch?: string;
}

export interface RequestRedirect {
  readonly scheme?: string;
  readonly hostname?: string;
  readonly path?: PathModifier;
  readonly port?: number;
  /** The CRD fills in 302. */
  readonly statusCode: number;
}

interface UrlRewrite {
  readonly hostname?: string;
  readonly path?: PathModifier;
}

export interface HttpMatch {
  readonly path?: {
    readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression';
    readonly value: string;
  };
  readonly headers?: readonly NamedMatch[];
  readonly queryParams?: readonly NamedMatch[];
  readonly method?: string;
}

export interface NamedMatch {
  readonly type: 'Exact' | 'RegularExpression';
  readonly name: string;
  readonly value: string;
}

export interface BackendRef {
  /** Empty: the core group, that of Service. */
  readonly group: string;
  readonly kind: string;
  /** Absent: the route's own. */
  readonly namespace?: string;
  readonly name: string;
  readonly port?: number;
  /** The CRD fills in 1. */
  readonly weight: number;
  readonly filters?: readonly HttpFilter[];
}

/** The spec of an admitted route; the CRD made sure of its shape. */
export function routeSpec(object: KubeObject): RouteSpec {
  return (object.spec ?? {}) as unknown as RouteSpec;
}
