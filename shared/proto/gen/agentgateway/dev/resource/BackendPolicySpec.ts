// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { HeaderModifier as _agentgateway_dev_resource_HeaderModifier, HeaderModifier__Output as _agentgateway_dev_resource_HeaderModifier__Output } from '../../../agentgateway/dev/resource/HeaderModifier.js';
import type { RequestRedirect as _agentgateway_dev_resource_RequestRedirect, RequestRedirect__Output as _agentgateway_dev_resource_RequestRedirect__Output } from '../../../agentgateway/dev/resource/RequestRedirect.js';
import type { KeepaliveConfig as _agentgateway_dev_resource_KeepaliveConfig, KeepaliveConfig__Output as _agentgateway_dev_resource_KeepaliveConfig__Output } from '../../../agentgateway/dev/resource/KeepaliveConfig.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../google/protobuf/Duration.js';
import type { Alpn as _agentgateway_dev_resource_Alpn, Alpn__Output as _agentgateway_dev_resource_Alpn__Output } from '../../../agentgateway/dev/resource/Alpn.js';
import type { _agentgateway_dev_resource_TLSConfig_KeyExchangeGroup, _agentgateway_dev_resource_TLSConfig_KeyExchangeGroup__Output } from '../../../agentgateway/dev/resource/TLSConfig.js';

/**
 * Keepalive and connect timeout of upstream sockets.
 */
export interface _agentgateway_dev_resource_BackendPolicySpec_BackendTCP {
  /**
   * Unset: 180 s, 180 s, 9 probes; upstream keepalive is on by default.
   */
  'keepalive'?: (_agentgateway_dev_resource_KeepaliveConfig | null);
  'connectTimeout'?: (_google_protobuf_Duration | null);
}

/**
 * Keepalive and connect timeout of upstream sockets.
 */
export interface _agentgateway_dev_resource_BackendPolicySpec_BackendTCP__Output {
  /**
   * Unset: 180 s, 180 s, 9 probes; upstream keepalive is on by default.
   */
  'keepalive'?: (_agentgateway_dev_resource_KeepaliveConfig__Output);
  'connectTimeout'?: (_google_protobuf_Duration__Output);
}

/**
 * TLS to the destination.
 */
export interface _agentgateway_dev_resource_BackendPolicySpec_BackendTLS {
  /**
   * PEM, of the client.
   */
  'cert'?: (Buffer | Uint8Array | string);
  /**
   * PEM, of the client.
   */
  'key'?: (Buffer | Uint8Array | string);
  /**
   * PEM; unset: the system's roots.
   */
  'root'?: (Buffer | Uint8Array | string);
  'verification'?: (_agentgateway_dev_resource_BackendPolicySpec_BackendTLS_VerificationMode);
  /**
   * SNI; unset: the destination's name.
   */
  'hostname'?: (string);
  'verifySubjectAltNames'?: (string)[];
  /**
   * Unset: h2 and http/1.1; set and empty: none.
   */
  'alpn'?: (_agentgateway_dev_resource_Alpn | null);
  'keyExchangeGroups'?: (_agentgateway_dev_resource_TLSConfig_KeyExchangeGroup)[];
  '_cert'?: "cert";
  '_key'?: "key";
  '_root'?: "root";
  '_hostname'?: "hostname";
}

/**
 * TLS to the destination.
 */
export interface _agentgateway_dev_resource_BackendPolicySpec_BackendTLS__Output {
  /**
   * PEM, of the client.
   */
  'cert'?: (Buffer);
  /**
   * PEM, of the client.
   */
  'key'?: (Buffer);
  /**
   * PEM; unset: the system's roots.
   */
  'root'?: (Buffer);
  'verification'?: (_agentgateway_dev_resource_BackendPolicySpec_BackendTLS_VerificationMode__Output);
  /**
   * SNI; unset: the destination's name.
   */
  'hostname'?: (string);
  'verifySubjectAltNames': (string)[];
  /**
   * Unset: h2 and http/1.1; set and empty: none.
   */
  'alpn'?: (_agentgateway_dev_resource_Alpn__Output);
  'keyExchangeGroups': (_agentgateway_dev_resource_TLSConfig_KeyExchangeGroup__Output)[];
  '_cert'?: "cert";
  '_key'?: "key";
  '_root'?: "root";
  '_hostname'?: "hostname";
}


/**
 * What is verified of the server's certificate.
 */
export const _agentgateway_dev_resource_BackendPolicySpec_BackendTLS_VerificationMode = {
  STRICT: 'STRICT',
  INSECURE_HOST: 'INSECURE_HOST',
  INSECURE_ALL: 'INSECURE_ALL',
} as const;

/**
 * What is verified of the server's certificate.
 */
export type _agentgateway_dev_resource_BackendPolicySpec_BackendTLS_VerificationMode =
  | 'STRICT'
  | 0
  | 'INSECURE_HOST'
  | 1
  | 'INSECURE_ALL'
  | 2

/**
 * What is verified of the server's certificate.
 */
export type _agentgateway_dev_resource_BackendPolicySpec_BackendTLS_VerificationMode__Output = typeof _agentgateway_dev_resource_BackendPolicySpec_BackendTLS_VerificationMode[keyof typeof _agentgateway_dev_resource_BackendPolicySpec_BackendTLS_VerificationMode]

/**
 * A setting of upstream connections, or a filter on what goes to one backend.
 */
export interface BackendPolicySpec {
  'backendTls'?: (_agentgateway_dev_resource_BackendPolicySpec_BackendTLS | null);
  'requestHeaderModifier'?: (_agentgateway_dev_resource_HeaderModifier | null);
  'responseHeaderModifier'?: (_agentgateway_dev_resource_HeaderModifier | null);
  'requestRedirect'?: (_agentgateway_dev_resource_RequestRedirect | null);
  'backendTcp'?: (_agentgateway_dev_resource_BackendPolicySpec_BackendTCP | null);
  'kind'?: "backendTls"|"requestHeaderModifier"|"responseHeaderModifier"|"requestRedirect"|"backendTcp";
}

/**
 * A setting of upstream connections, or a filter on what goes to one backend.
 */
export interface BackendPolicySpec__Output {
  'backendTls'?: (_agentgateway_dev_resource_BackendPolicySpec_BackendTLS__Output);
  'requestHeaderModifier'?: (_agentgateway_dev_resource_HeaderModifier__Output);
  'responseHeaderModifier'?: (_agentgateway_dev_resource_HeaderModifier__Output);
  'requestRedirect'?: (_agentgateway_dev_resource_RequestRedirect__Output);
  'backendTcp'?: (_agentgateway_dev_resource_BackendPolicySpec_BackendTCP__Output);
  'kind'?: "backendTls"|"requestHeaderModifier"|"responseHeaderModifier"|"requestRedirect"|"backendTcp";
}
