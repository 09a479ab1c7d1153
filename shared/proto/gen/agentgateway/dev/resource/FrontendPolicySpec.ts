// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { KeepaliveConfig as _agentgateway_dev_resource_KeepaliveConfig, KeepaliveConfig__Output as _agentgateway_dev_resource_KeepaliveConfig__Output } from '../../../agentgateway/dev/resource/KeepaliveConfig.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../google/protobuf/Duration.js';
import type { Alpn as _agentgateway_dev_resource_Alpn, Alpn__Output as _agentgateway_dev_resource_Alpn__Output } from '../../../agentgateway/dev/resource/Alpn.js';
import type { _agentgateway_dev_resource_TLSConfig_CipherSuite, _agentgateway_dev_resource_TLSConfig_CipherSuite__Output } from '../../../agentgateway/dev/resource/TLSConfig.js';
import type { _agentgateway_dev_resource_TLSConfig_TLSVersion, _agentgateway_dev_resource_TLSConfig_TLSVersion__Output } from '../../../agentgateway/dev/resource/TLSConfig.js';
import type { _agentgateway_dev_resource_TLSConfig_KeyExchangeGroup, _agentgateway_dev_resource_TLSConfig_KeyExchangeGroup__Output } from '../../../agentgateway/dev/resource/TLSConfig.js';
import type { BackendReference as _agentgateway_dev_resource_BackendReference, BackendReference__Output as _agentgateway_dev_resource_BackendReference__Output } from '../../../agentgateway/dev/resource/BackendReference.js';
import type { BackendPolicySpec as _agentgateway_dev_resource_BackendPolicySpec, BackendPolicySpec__Output as _agentgateway_dev_resource_BackendPolicySpec__Output } from '../../../agentgateway/dev/resource/BackendPolicySpec.js';

/**
 * A CEL expression under a name.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Tracing_Attribute {
  'name'?: (string);
  'value'?: (string);
}

/**
 * A CEL expression under a name.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Tracing_Attribute__Output {
  'name'?: (string);
  'value'?: (string);
}

/**
 * What to do with CONNECT requests.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Connect {
  'mode'?: (_agentgateway_dev_resource_FrontendPolicySpec_Connect_Mode);
}

/**
 * What to do with CONNECT requests.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Connect__Output {
  'mode'?: (_agentgateway_dev_resource_FrontendPolicySpec_Connect_Mode__Output);
}

/**
 * A CEL expression under a name.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Logging_Field {
  'name'?: (string);
  'expression'?: (string);
}

/**
 * A CEL expression under a name.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Logging_Field__Output {
  'name'?: (string);
  'expression'?: (string);
}

/**
 * Changes to the fields of a line.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Logging_Fields {
  'remove'?: (string)[];
  'add'?: (_agentgateway_dev_resource_FrontendPolicySpec_Logging_Field)[];
}

/**
 * Changes to the fields of a line.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Logging_Fields__Output {
  'remove': (string)[];
  'add': (_agentgateway_dev_resource_FrontendPolicySpec_Logging_Field__Output)[];
}

/**
 * Labels to add.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Metrics_Fields {
  'add'?: (_agentgateway_dev_resource_FrontendPolicySpec_Logging_Field)[];
}

/**
 * Labels to add.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Metrics_Fields__Output {
  'add': (_agentgateway_dev_resource_FrontendPolicySpec_Logging_Field__Output)[];
}

/**
 * HTTP on the connection.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_HTTP {
  /**
   * Bytes buffered for one message; never a limit for a streamed body; unset: 2 MiB.
   */
  'maxBufferSize'?: (number);
  /**
   * Unset: 100.
   */
  'http1MaxHeaders'?: (number);
  /**
   * Unset: 10 min.
   */
  'http1IdleTimeout'?: (_google_protobuf_Duration | null);
  /**
   * Bytes; unset: the proxy's choice.
   */
  'http2WindowSize'?: (number);
  /**
   * Bytes; unset: the proxy's choice.
   */
  'http2ConnectionWindowSize'?: (number);
  /**
   * Bytes; unset: 16384.
   */
  'http2FrameSize'?: (number);
  /**
   * Time without a received byte before a PING; unset: no PINGs.
   */
  'http2KeepaliveInterval'?: (_google_protobuf_Duration | null);
  /**
   * Time to wait for the reply to that PING; unset: 20 s.
   */
  'http2KeepaliveTimeout'?: (_google_protobuf_Duration | null);
  /**
   * Since accept, then a graceful end; unset: no limit.
   */
  'maxConnectionDuration'?: (_google_protobuf_Duration | null);
  /**
   * Bytes; unset: 16384.
   */
  'http2MaxHeaderSize'?: (number);
  'http1HeaderCase'?: (_agentgateway_dev_resource_FrontendPolicySpec_HTTP_HTTPHeaderCase);
  '_maxBufferSize'?: "maxBufferSize";
  '_http1MaxHeaders'?: "http1MaxHeaders";
  '_http2WindowSize'?: "http2WindowSize";
  '_http2ConnectionWindowSize'?: "http2ConnectionWindowSize";
  '_http2FrameSize'?: "http2FrameSize";
  '_http2MaxHeaderSize'?: "http2MaxHeaderSize";
}

/**
 * HTTP on the connection.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_HTTP__Output {
  /**
   * Bytes buffered for one message; never a limit for a streamed body; unset: 2 MiB.
   */
  'maxBufferSize'?: (number);
  /**
   * Unset: 100.
   */
  'http1MaxHeaders'?: (number);
  /**
   * Unset: 10 min.
   */
  'http1IdleTimeout'?: (_google_protobuf_Duration__Output);
  /**
   * Bytes; unset: the proxy's choice.
   */
  'http2WindowSize'?: (number);
  /**
   * Bytes; unset: the proxy's choice.
   */
  'http2ConnectionWindowSize'?: (number);
  /**
   * Bytes; unset: 16384.
   */
  'http2FrameSize'?: (number);
  /**
   * Time without a received byte before a PING; unset: no PINGs.
   */
  'http2KeepaliveInterval'?: (_google_protobuf_Duration__Output);
  /**
   * Time to wait for the reply to that PING; unset: 20 s.
   */
  'http2KeepaliveTimeout'?: (_google_protobuf_Duration__Output);
  /**
   * Since accept, then a graceful end; unset: no limit.
   */
  'maxConnectionDuration'?: (_google_protobuf_Duration__Output);
  /**
   * Bytes; unset: 16384.
   */
  'http2MaxHeaderSize'?: (number);
  'http1HeaderCase'?: (_agentgateway_dev_resource_FrontendPolicySpec_HTTP_HTTPHeaderCase__Output);
  '_maxBufferSize'?: "maxBufferSize";
  '_http1MaxHeaders'?: "http1MaxHeaders";
  '_http2WindowSize'?: "http2WindowSize";
  '_http2ConnectionWindowSize'?: "http2ConnectionWindowSize";
  '_http2FrameSize'?: "http2FrameSize";
  '_http2MaxHeaderSize'?: "http2MaxHeaderSize";
}


/**
 * How header names of HTTP/1 responses are written.
 */
export const _agentgateway_dev_resource_FrontendPolicySpec_HTTP_HTTPHeaderCase = {
  LOWERCASE: 'LOWERCASE',
  PRESERVE: 'PRESERVE',
} as const;

/**
 * How header names of HTTP/1 responses are written.
 */
export type _agentgateway_dev_resource_FrontendPolicySpec_HTTP_HTTPHeaderCase =
  | 'LOWERCASE'
  | 0
  | 'PRESERVE'
  | 1

/**
 * How header names of HTTP/1 responses are written.
 */
export type _agentgateway_dev_resource_FrontendPolicySpec_HTTP_HTTPHeaderCase__Output = typeof _agentgateway_dev_resource_FrontendPolicySpec_HTTP_HTTPHeaderCase[keyof typeof _agentgateway_dev_resource_FrontendPolicySpec_HTTP_HTTPHeaderCase]

/**
 * Access logs.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Logging {
  'filter'?: (string);
  'fields'?: (_agentgateway_dev_resource_FrontendPolicySpec_Logging_Fields | null);
  'otlpAccessLog'?: (_agentgateway_dev_resource_FrontendPolicySpec_Logging_OtlpAccessLog | null);
  '_filter'?: "filter";
}

/**
 * Access logs.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Logging__Output {
  'filter'?: (string);
  'fields'?: (_agentgateway_dev_resource_FrontendPolicySpec_Logging_Fields__Output);
  'otlpAccessLog'?: (_agentgateway_dev_resource_FrontendPolicySpec_Logging_OtlpAccessLog__Output);
  '_filter'?: "filter";
}

/**
 * Labels of metrics.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Metrics {
  'fields'?: (_agentgateway_dev_resource_FrontendPolicySpec_Metrics_Fields | null);
}

/**
 * Labels of metrics.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Metrics__Output {
  'fields'?: (_agentgateway_dev_resource_FrontendPolicySpec_Metrics_Fields__Output);
}


/**
 * Whether the header must be there.
 */
export const _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Mode = {
  STRICT: 'STRICT',
  OPTIONAL: 'OPTIONAL',
} as const;

/**
 * Whether the header must be there.
 */
export type _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Mode =
  | 'STRICT'
  | 0
  | 'OPTIONAL'
  | 1

/**
 * Whether the header must be there.
 */
export type _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Mode__Output = typeof _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Mode[keyof typeof _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Mode]


/**
 * Refuse with 405, treat as a request, or tunnel.
 */
export const _agentgateway_dev_resource_FrontendPolicySpec_Connect_Mode = {
  DENY: 'DENY',
  ROUTE: 'ROUTE',
  TUNNEL: 'TUNNEL',
} as const;

/**
 * Refuse with 405, treat as a request, or tunnel.
 */
export type _agentgateway_dev_resource_FrontendPolicySpec_Connect_Mode =
  | 'DENY'
  | 0
  | 'ROUTE'
  | 1
  | 'TUNNEL'
  | 2

/**
 * Refuse with 405, treat as a request, or tunnel.
 */
export type _agentgateway_dev_resource_FrontendPolicySpec_Connect_Mode__Output = typeof _agentgateway_dev_resource_FrontendPolicySpec_Connect_Mode[keyof typeof _agentgateway_dev_resource_FrontendPolicySpec_Connect_Mode]

/**
 * Who may connect: lists of CEL expressions.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_NetworkAuthorization {
  'allow'?: (string)[];
  'deny'?: (string)[];
  'require'?: (string)[];
}

/**
 * Who may connect: lists of CEL expressions.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_NetworkAuthorization__Output {
  'allow': (string)[];
  'deny': (string)[];
  'require': (string)[];
}

/**
 * Access logs over OTLP.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Logging_OtlpAccessLog {
  'providerBackend'?: (_agentgateway_dev_resource_BackendReference | null);
  'inlinePolicies'?: (_agentgateway_dev_resource_BackendPolicySpec)[];
  'protocol'?: (_agentgateway_dev_resource_FrontendPolicySpec_Logging_OtlpAccessLog_Protocol);
  'path'?: (string);
  'filter'?: (string);
  'fields'?: (_agentgateway_dev_resource_FrontendPolicySpec_Logging_Fields | null);
  '_path'?: "path";
  '_filter'?: "filter";
}

/**
 * Access logs over OTLP.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Logging_OtlpAccessLog__Output {
  'providerBackend'?: (_agentgateway_dev_resource_BackendReference__Output);
  'inlinePolicies': (_agentgateway_dev_resource_BackendPolicySpec__Output)[];
  'protocol'?: (_agentgateway_dev_resource_FrontendPolicySpec_Logging_OtlpAccessLog_Protocol__Output);
  'path'?: (string);
  'filter'?: (string);
  'fields'?: (_agentgateway_dev_resource_FrontendPolicySpec_Logging_Fields__Output);
  '_path'?: "path";
  '_filter'?: "filter";
}


/**
 * Transport of OTLP.
 */
export const _agentgateway_dev_resource_FrontendPolicySpec_Logging_OtlpAccessLog_Protocol = {
  HTTP: 'HTTP',
  GRPC: 'GRPC',
} as const;

/**
 * Transport of OTLP.
 */
export type _agentgateway_dev_resource_FrontendPolicySpec_Logging_OtlpAccessLog_Protocol =
  | 'HTTP'
  | 0
  | 'GRPC'
  | 1

/**
 * Transport of OTLP.
 */
export type _agentgateway_dev_resource_FrontendPolicySpec_Logging_OtlpAccessLog_Protocol__Output = typeof _agentgateway_dev_resource_FrontendPolicySpec_Logging_OtlpAccessLog_Protocol[keyof typeof _agentgateway_dev_resource_FrontendPolicySpec_Logging_OtlpAccessLog_Protocol]


/**
 * Transport of OTLP.
 */
export const _agentgateway_dev_resource_FrontendPolicySpec_Tracing_Protocol = {
  HTTP: 'HTTP',
  GRPC: 'GRPC',
} as const;

/**
 * Transport of OTLP.
 */
export type _agentgateway_dev_resource_FrontendPolicySpec_Tracing_Protocol =
  | 'HTTP'
  | 0
  | 'GRPC'
  | 1

/**
 * Transport of OTLP.
 */
export type _agentgateway_dev_resource_FrontendPolicySpec_Tracing_Protocol__Output = typeof _agentgateway_dev_resource_FrontendPolicySpec_Tracing_Protocol[keyof typeof _agentgateway_dev_resource_FrontendPolicySpec_Tracing_Protocol]

/**
 * The PROXY protocol header of a load balancer in front.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol {
  'version'?: (_agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Version);
  'mode'?: (_agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Mode);
}

/**
 * The PROXY protocol header of a load balancer in front.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol__Output {
  'version'?: (_agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Version__Output);
  'mode'?: (_agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Mode__Output);
}

/**
 * The raw connection.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_TCP {
  /**
   * Unset: keepalive on, with every default.
   */
  'keepalives'?: (_agentgateway_dev_resource_KeepaliveConfig | null);
}

/**
 * The raw connection.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_TCP__Output {
  /**
   * Unset: keepalive on, with every default.
   */
  'keepalives'?: (_agentgateway_dev_resource_KeepaliveConfig__Output);
}

/**
 * TLS on the connection.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_TLS {
  /**
   * Unset: 15 s.
   */
  'handshakeTimeout'?: (_google_protobuf_Duration | null);
  /**
   * Unset: h2 and http/1.1; set and empty: none.
   */
  'alpn'?: (_agentgateway_dev_resource_Alpn | null);
  'cipherSuites'?: (_agentgateway_dev_resource_TLSConfig_CipherSuite)[];
  'minVersion'?: (_agentgateway_dev_resource_TLSConfig_TLSVersion);
  'maxVersion'?: (_agentgateway_dev_resource_TLSConfig_TLSVersion);
  'keyExchangeGroups'?: (_agentgateway_dev_resource_TLSConfig_KeyExchangeGroup)[];
  '_minVersion'?: "minVersion";
  '_maxVersion'?: "maxVersion";
}

/**
 * TLS on the connection.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_TLS__Output {
  /**
   * Unset: 15 s.
   */
  'handshakeTimeout'?: (_google_protobuf_Duration__Output);
  /**
   * Unset: h2 and http/1.1; set and empty: none.
   */
  'alpn'?: (_agentgateway_dev_resource_Alpn__Output);
  'cipherSuites': (_agentgateway_dev_resource_TLSConfig_CipherSuite__Output)[];
  'minVersion'?: (_agentgateway_dev_resource_TLSConfig_TLSVersion__Output);
  'maxVersion'?: (_agentgateway_dev_resource_TLSConfig_TLSVersion__Output);
  'keyExchangeGroups': (_agentgateway_dev_resource_TLSConfig_KeyExchangeGroup__Output)[];
  '_minVersion'?: "minVersion";
  '_maxVersion'?: "maxVersion";
}

/**
 * Traces over OTLP.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Tracing {
  'providerBackend'?: (_agentgateway_dev_resource_BackendReference | null);
  'attributes'?: (_agentgateway_dev_resource_FrontendPolicySpec_Tracing_Attribute)[];
  'resources'?: (_agentgateway_dev_resource_FrontendPolicySpec_Tracing_Attribute)[];
  /**
   * How many requests without a trace begin one; unset: none.
   */
  'randomSampling'?: (string);
  /**
   * How many requests that carry a trace are traced; unset: all.
   */
  'clientSampling'?: (string);
  'path'?: (string);
  'protocol'?: (_agentgateway_dev_resource_FrontendPolicySpec_Tracing_Protocol);
  'remove'?: (string)[];
  'filter'?: (string);
  /**
   * How the provider is reached.
   */
  'inlinePolicies'?: (_agentgateway_dev_resource_BackendPolicySpec)[];
  '_randomSampling'?: "randomSampling";
  '_clientSampling'?: "clientSampling";
  '_path'?: "path";
  '_filter'?: "filter";
}

/**
 * Traces over OTLP.
 */
export interface _agentgateway_dev_resource_FrontendPolicySpec_Tracing__Output {
  'providerBackend'?: (_agentgateway_dev_resource_BackendReference__Output);
  'attributes': (_agentgateway_dev_resource_FrontendPolicySpec_Tracing_Attribute__Output)[];
  'resources': (_agentgateway_dev_resource_FrontendPolicySpec_Tracing_Attribute__Output)[];
  /**
   * How many requests without a trace begin one; unset: none.
   */
  'randomSampling'?: (string);
  /**
   * How many requests that carry a trace are traced; unset: all.
   */
  'clientSampling'?: (string);
  'path'?: (string);
  'protocol'?: (_agentgateway_dev_resource_FrontendPolicySpec_Tracing_Protocol__Output);
  'remove': (string)[];
  'filter'?: (string);
  /**
   * How the provider is reached.
   */
  'inlinePolicies': (_agentgateway_dev_resource_BackendPolicySpec__Output)[];
  '_randomSampling'?: "randomSampling";
  '_clientSampling'?: "clientSampling";
  '_path'?: "path";
  '_filter'?: "filter";
}


/**
 * Which header versions are read.
 */
export const _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Version = {
  V2: 'V2',
  V1: 'V1',
  ALL: 'ALL',
} as const;

/**
 * Which header versions are read.
 */
export type _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Version =
  | 'V2'
  | 0
  | 'V1'
  | 1
  | 'ALL'
  | 2

/**
 * Which header versions are read.
 */
export type _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Version__Output = typeof _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Version[keyof typeof _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol_Version]

/**
 * A setting of downstream connections. Per kind the more specific target wins as a whole; fields are never merged.
 */
export interface FrontendPolicySpec {
  'tcp'?: (_agentgateway_dev_resource_FrontendPolicySpec_TCP | null);
  'tls'?: (_agentgateway_dev_resource_FrontendPolicySpec_TLS | null);
  'http'?: (_agentgateway_dev_resource_FrontendPolicySpec_HTTP | null);
  'logging'?: (_agentgateway_dev_resource_FrontendPolicySpec_Logging | null);
  'tracing'?: (_agentgateway_dev_resource_FrontendPolicySpec_Tracing | null);
  'networkAuthorization'?: (_agentgateway_dev_resource_FrontendPolicySpec_NetworkAuthorization | null);
  'proxyProtocol'?: (_agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol | null);
  'metrics'?: (_agentgateway_dev_resource_FrontendPolicySpec_Metrics | null);
  'connect'?: (_agentgateway_dev_resource_FrontendPolicySpec_Connect | null);
  'kind'?: "tcp"|"tls"|"http"|"logging"|"tracing"|"networkAuthorization"|"proxyProtocol"|"metrics"|"connect";
}

/**
 * A setting of downstream connections. Per kind the more specific target wins as a whole; fields are never merged.
 */
export interface FrontendPolicySpec__Output {
  'tcp'?: (_agentgateway_dev_resource_FrontendPolicySpec_TCP__Output);
  'tls'?: (_agentgateway_dev_resource_FrontendPolicySpec_TLS__Output);
  'http'?: (_agentgateway_dev_resource_FrontendPolicySpec_HTTP__Output);
  'logging'?: (_agentgateway_dev_resource_FrontendPolicySpec_Logging__Output);
  'tracing'?: (_agentgateway_dev_resource_FrontendPolicySpec_Tracing__Output);
  'networkAuthorization'?: (_agentgateway_dev_resource_FrontendPolicySpec_NetworkAuthorization__Output);
  'proxyProtocol'?: (_agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol__Output);
  'metrics'?: (_agentgateway_dev_resource_FrontendPolicySpec_Metrics__Output);
  'connect'?: (_agentgateway_dev_resource_FrontendPolicySpec_Connect__Output);
  'kind'?: "tcp"|"tls"|"http"|"logging"|"tracing"|"networkAuthorization"|"proxyProtocol"|"metrics"|"connect";
}
