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
  readonly filters?: readonly JsonValue[];
  readonly backendRefs?: readonly BackendRef[];
  readonly timeouts?: JsonValue;
  readonly retry?: JsonValue;
  readonly sessionPersistence?: JsonValue;
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
  readonly filters?: readonly JsonValue[];
}

/** The spec of an admitted route; the CRD made sure of its shape. */
export function routeSpec(object: KubeObject): RouteSpec {
  return (object.spec ?? {}) as unknown as RouteSpec;
}
