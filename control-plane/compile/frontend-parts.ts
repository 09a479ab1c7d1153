// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type {
  _agentgateway_dev_resource_FrontendPolicySpec_Connect as WireConnect,
  _agentgateway_dev_resource_FrontendPolicySpec_HTTP as WireHttp,
  _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol as WireProxyProtocol,
  _agentgateway_dev_resource_FrontendPolicySpec_TLS as WireTls,
} from '../../shared/proto/gen/agentgateway/dev/resource/FrontendPolicySpec.js';
import type { KeepaliveConfig } from '../../shared/proto/gen/agentgateway/dev/resource/KeepaliveConfig.js';
import { type ByteSize, type ByteSizeField, resolveByteSize } from '../policy/byte-size.js';
import type {
  CipherSuite,
  Frontend,
  FrontendHttp,
  FrontendTls,
  Keepalive,
  KeyExchangeGroup,
  ProxyProtocol,
  TlsVersion,
} from '../policy/policy-spec.js';
import { wireDuration } from './wire-duration.js';
import { withoutUnset } from './without-unset.js';

// Enum values that are 0 on the wire go without saying, as in the bytes of other control planes.

/** An empty one means keepalive with every default. */
export function compileKeepalive(keepalive: Keepalive): KeepaliveConfig {
  return withoutUnset({
    time: wireDuration(keepalive.time),
    interval: wireDuration(keepalive.interval),
    retries: keepalive.retries,
  });
}

export function compileHttp(http: FrontendHttp): WireHttp {
  return withoutUnset({
    maxBufferSize: wireBytes('maxBufferSize', http.maxBufferSize),
    http1MaxHeaders: http.http1MaxHeaders,
    http1IdleTimeout: wireDuration(http.http1IdleTimeout),
    http1HeaderCase: http.http1HeaderCase === 'Preserve' ? 'PRESERVE' : undefined,
    http2WindowSize: wireBytes('http2WindowSize', http.http2WindowSize),
    http2ConnectionWindowSize: wireBytes(
      'http2ConnectionWindowSize',
      http.http2ConnectionWindowSize,
    ),
    http2FrameSize: wireBytes('http2FrameSize', http.http2FrameSize),
    http2MaxHeaderSize: wireBytes('http2MaxHeaderSize', http.http2MaxHeaderSize),
    http2KeepaliveInterval: wireDuration(http.http2KeepaliveInterval),
    http2KeepaliveTimeout: wireDuration(http.http2KeepaliveTimeout),
    maxConnectionDuration: wireDuration(http.maxConnectionDuration),
  });
}

function wireBytes(field: ByteSizeField, size: ByteSize | undefined): number | undefined {
  if (size === undefined) return undefined;
  const resolved = resolveByteSize(field, size);
  if (resolved === undefined) {
    throw new HeartlineError(
      'INTERNAL',
      `${size} is no quantity; admission should have refused it`,
    );
  }
  return resolved.bytes;
}

export function compileTls(tls: FrontendTls): WireTls {
  return withoutUnset({
    handshakeTimeout: wireDuration(tls.handshakeTimeout),
    alpn: tls.alpnProtocols && { protocols: [...tls.alpnProtocols] },
    cipherSuites: (tls.cipherSuites ?? []).map((suite) => CIPHER_SUITE[suite]),
    minVersion: tls.minProtocolVersion && TLS_VERSION[tls.minProtocolVersion],
    maxVersion: tls.maxProtocolVersion && TLS_VERSION[tls.maxProtocolVersion],
    keyExchangeGroups: (tls.keyExchangeGroups ?? []).map((group) => KEY_EXCHANGE_GROUP[group]),
  });
}

const TLS_VERSION = { '1.2': 'TLS_V1_2', '1.3': 'TLS_V1_3' } as const satisfies Record<
  TlsVersion,
  string
>;

const KEY_EXCHANGE_GROUP = {
  X25519: 'X25519',
  'P-256': 'P256',
  'P-384': 'P384',
  X25519_MLKEM768: 'X25519_MLKEM768',
} as const satisfies Record<KeyExchangeGroup, string>;

/** The API names TLS 1.3 suites with a prefix of its own; the wire has IANA's names. */
const CIPHER_SUITE = {
  TLS13_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS13_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS13_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
} as const satisfies Record<CipherSuite, string>;

export function compileProxyProtocol({ version, mode }: ProxyProtocol): WireProxyProtocol {
  return withoutUnset({
    version: version === 'V1' ? 'V1' : version === 'All' ? 'ALL' : undefined,
    mode: mode === 'Optional' ? 'OPTIONAL' : undefined,
  });
}

export function compileConnect({ mode }: NonNullable<Frontend['connect']>): WireConnect {
  return withoutUnset({
    mode: mode === 'Route' ? 'ROUTE' : mode === 'Tunnel' ? 'TUNNEL' : undefined,
  });
}
