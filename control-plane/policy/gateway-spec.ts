// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import type { KubeObject } from './kube-object.js';

/** spec of Gateway, the part we read, after admission. */
export interface GatewaySpec {
  readonly gatewayClassName: string;
  readonly listeners: readonly ListenerSpec[];
  /** TLS settings of all listeners (`frontend`: how clients are verified), which are not handled. */
  readonly tls?: { readonly frontend?: JsonValue };
}

export interface ListenerSpec {
  readonly name: string;
  /** Absent or empty: any host. */
  readonly hostname?: string;
  readonly port: number;
  /** HTTP, HTTPS, TCP, TLS, or a name of somebody's own. */
  readonly protocol: string;
  /** Present exactly on HTTPS and TLS. */
  readonly tls?: ListenerTls;
  readonly allowedRoutes?: {
    readonly namespaces?: { readonly from?: 'All' | 'Selector' | 'Same' | 'None' };
    readonly kinds?: readonly { readonly group?: string; readonly kind: string }[];
  };
}

export interface ListenerTls {
  readonly mode: 'Terminate' | 'Passthrough';
  readonly certificateRefs?: readonly CertificateRef[];
  readonly options?: { readonly [name: string]: string };
  readonly frontendValidation?: JsonValue;
}

export interface CertificateRef {
  /** Empty: the core group, that of Secret. */
  readonly group: string;
  readonly kind: string;
  /** Absent: the Gateway's own. */
  readonly namespace?: string;
  readonly name: string;
}

/** The spec of an admitted Gateway; the CRD made sure of its shape. */
export function gatewaySpec(object: KubeObject): GatewaySpec {
  return object.spec as unknown as GatewaySpec;
}
