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
  readonly backend?: BackendSettings;
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
  readonly tls?: FrontendTls;
  readonly proxyProtocol?: ProxyProtocol;
  readonly connect?: { readonly mode: 'Deny' | 'Route' | 'Tunnel' };
  readonly accessLog?: AccessLog;
  readonly tracing?: Tracing;
  readonly metrics?: { readonly attributes: Pick<Attributes, 'add'> };
}

/** Only `tcp` is compiled; the other parts are kept as written. */
export interface BackendSettings {
  readonly tcp?: BackendTcp;
  readonly [part: string]: JsonValue | BackendTcp | undefined;
}

export interface BackendTcp {
  readonly keepalive?: Keepalive;
  readonly connectTimeout?: string;
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

export interface FrontendTls {
  readonly handshakeTimeout?: string;
  readonly alpnProtocols?: readonly string[];
  readonly minProtocolVersion?: TlsVersion;
  readonly maxProtocolVersion?: TlsVersion;
  readonly cipherSuites?: readonly CipherSuite[];
  readonly keyExchangeGroups?: readonly KeyExchangeGroup[];
}

export type TlsVersion = '1.2' | '1.3';

export type CipherSuite =
  | 'TLS13_AES_256_GCM_SHA384'
  | 'TLS13_AES_128_GCM_SHA256'
  | 'TLS13_CHACHA20_POLY1305_SHA256'
  | 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'
  | 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
  | 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'
  | 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'
  | 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
  | 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256';

export type KeyExchangeGroup = 'X25519' | 'P-256' | 'P-384' | 'X25519_MLKEM768';

export interface ProxyProtocol {
  /** The CRD fills in V2. */
  readonly version: 'V1' | 'V2' | 'All';
  /** The CRD fills in Strict. */
  readonly mode: 'Strict' | 'Optional';
}

/** A CEL expression under a name. */
export interface Attribute {
  readonly name: string;
  readonly expression: string;
}

export interface Attributes {
  readonly remove?: readonly string[];
  readonly add?: readonly Attribute[];
}

/** A collector: exactly one of `backendRef` and `url`. */
export interface OtlpEndpoint {
  readonly backendRef?: OtlpBackendRef;
  readonly url?: string;
  /** The CRD fills in GRPC. */
  readonly protocol: 'GRPC' | 'HTTP';
  readonly path?: string;
  readonly filter?: string;
  readonly attributes?: Attributes;
}

export interface OtlpBackendRef {
  /** The CRD fills in the core group, "". */
  readonly group: string;
  /** The CRD fills in Service. */
  readonly kind: string;
  readonly name: string;
  /** Absent: the policy's own. */
  readonly namespace?: string;
  /** Only with a Service. */
  readonly port?: number;
}

export interface AccessLog {
  readonly filter?: string;
  readonly attributes?: Attributes;
  readonly otlp?: OtlpEndpoint;
}

export interface Tracing extends OtlpEndpoint {
  readonly resources?: readonly Attribute[];
  readonly randomSampling?: string;
  readonly clientSampling?: string;
}

/** The spec of an admitted policy; the CRD made sure of its shape. */
export function policySpec(object: KubeObject): PolicySpec {
  return (object.spec ?? {}) as unknown as PolicySpec;
}
