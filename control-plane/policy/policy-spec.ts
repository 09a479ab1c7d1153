// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import type { ByteSize } from './byte-size.js';
import type { KubeObject } from './kube-object.js';

/** spec of AgentgatewayPolicy, after admission. Units, defaults and limits are in the CRD file. */
export interface PolicySpec {
  readonly targetRefs?: readonly TargetRef[];
  readonly targetSelectors?: readonly TargetSelector[];
  readonly strategy?: { readonly inheritance?: 'Default' | 'Override' };
  readonly frontend?: Frontend;
  readonly traffic?: JsonValue;
  readonly backend?: JsonValue;
}

interface TargetPart {
  readonly group: string;
  readonly kind: string;
  readonly sectionName?: string;
  readonly port?: number;
}

export interface TargetRef extends TargetPart {
  readonly name: string;
}

export interface TargetSelector extends TargetPart {
  readonly matchLabels: { readonly [key: string]: string };
}

export interface Frontend {
  readonly tcp?: { readonly keepalive?: Keepalive };
  readonly http?: FrontendHttp;
  readonly networkAuthorization?: NetworkAuthorization;
  readonly tls?: JsonValue;
  readonly proxyProtocol?: JsonValue;
  readonly connect?: JsonValue;
  readonly accessLog?: JsonValue;
  readonly tracing?: JsonValue;
  readonly metrics?: JsonValue;
}

export interface Keepalive {
  readonly time?: string;
  readonly interval?: string;
  readonly retries?: number;
}

export interface FrontendHttp {
  readonly maxBufferSize?: ByteSize;
  readonly http1MaxHeaders?: number;
  readonly http1IdleTimeout?: string;
  readonly http1HeaderCase?: 'Lowercase' | 'Preserve';
  readonly http2WindowSize?: ByteSize;
  readonly http2ConnectionWindowSize?: ByteSize;
  readonly http2FrameSize?: ByteSize;
  readonly http2MaxHeaderSize?: ByteSize;
  readonly http2KeepaliveInterval?: string;
  readonly http2KeepaliveTimeout?: string;
  readonly maxConnectionDuration?: string;
}

export interface NetworkAuthorization {
  /** The CRD fills in Allow. */
  readonly action: 'Allow' | 'Deny' | 'Require';
  readonly policy: { readonly matchExpressions: readonly string[] };
}

/** The spec of an admitted policy; the CRD made sure of its shape. */
export function policySpec(object: KubeObject): PolicySpec {
  return (object.spec ?? {}) as PolicySpec;
}
