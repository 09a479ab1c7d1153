// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Where the certificate comes from.
 */
export const _agentgateway_dev_resource_TLSConfig_CertificateSource = {
  INLINE: 'INLINE',
  ISTIO_WORKLOAD: 'ISTIO_WORKLOAD',
  DYNAMIC_CA: 'DYNAMIC_CA',
  SPIFFE: 'SPIFFE',
} as const;

/**
 * Where the certificate comes from.
 */
export type _agentgateway_dev_resource_TLSConfig_CertificateSource =
  | 'INLINE'
  | 0
  | 'ISTIO_WORKLOAD'
  | 1
  | 'DYNAMIC_CA'
  | 2
  | 'SPIFFE'
  | 3

/**
 * Where the certificate comes from.
 */
export type _agentgateway_dev_resource_TLSConfig_CertificateSource__Output = typeof _agentgateway_dev_resource_TLSConfig_CertificateSource[keyof typeof _agentgateway_dev_resource_TLSConfig_CertificateSource]


/**
 * IANA names of the suites.
 */
export const _agentgateway_dev_resource_TLSConfig_CipherSuite = {
  CIPHER_SUITE_UNSPECIFIED: 'CIPHER_SUITE_UNSPECIFIED',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
} as const;

/**
 * IANA names of the suites.
 */
export type _agentgateway_dev_resource_TLSConfig_CipherSuite =
  | 'CIPHER_SUITE_UNSPECIFIED'
  | 0
  | 'TLS_AES_256_GCM_SHA384'
  | 1
  | 'TLS_AES_128_GCM_SHA256'
  | 2
  | 'TLS_CHACHA20_POLY1305_SHA256'
  | 3
  | 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'
  | 4
  | 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
  | 5
  | 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'
  | 6
  | 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'
  | 7
  | 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
  | 8
  | 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'
  | 9

/**
 * IANA names of the suites.
 */
export type _agentgateway_dev_resource_TLSConfig_CipherSuite__Output = typeof _agentgateway_dev_resource_TLSConfig_CipherSuite[keyof typeof _agentgateway_dev_resource_TLSConfig_CipherSuite]


/**
 * Groups of the key exchange.
 */
export const _agentgateway_dev_resource_TLSConfig_KeyExchangeGroup = {
  KEY_EXCHANGE_GROUP_UNSPECIFIED: 'KEY_EXCHANGE_GROUP_UNSPECIFIED',
  X25519: 'X25519',
  P256: 'P256',
  P384: 'P384',
  X25519_MLKEM768: 'X25519_MLKEM768',
} as const;

/**
 * Groups of the key exchange.
 */
export type _agentgateway_dev_resource_TLSConfig_KeyExchangeGroup =
  | 'KEY_EXCHANGE_GROUP_UNSPECIFIED'
  | 0
  | 'X25519'
  | 1
  | 'P256'
  | 2
  | 'P384'
  | 3
  | 'X25519_MLKEM768'
  | 4

/**
 * Groups of the key exchange.
 */
export type _agentgateway_dev_resource_TLSConfig_KeyExchangeGroup__Output = typeof _agentgateway_dev_resource_TLSConfig_KeyExchangeGroup[keyof typeof _agentgateway_dev_resource_TLSConfig_KeyExchangeGroup]


/**
 * What to do about client certificates.
 */
export const _agentgateway_dev_resource_TLSConfig_MTLSMode = {
  STRICT: 'STRICT',
  ALLOW_INSECURE_FALLBACK: 'ALLOW_INSECURE_FALLBACK',
  DISABLE: 'DISABLE',
} as const;

/**
 * What to do about client certificates.
 */
export type _agentgateway_dev_resource_TLSConfig_MTLSMode =
  | 'STRICT'
  | 0
  | 'ALLOW_INSECURE_FALLBACK'
  | 1
  | 'DISABLE'
  | 2

/**
 * What to do about client certificates.
 */
export type _agentgateway_dev_resource_TLSConfig_MTLSMode__Output = typeof _agentgateway_dev_resource_TLSConfig_MTLSMode[keyof typeof _agentgateway_dev_resource_TLSConfig_MTLSMode]


/**
 * Protocol versions; 1 and 2 are held for TLS 1.0 and 1.1.
 */
export const _agentgateway_dev_resource_TLSConfig_TLSVersion = {
  TLS_VERSION_UNSPECIFIED: 'TLS_VERSION_UNSPECIFIED',
  TLS_V1_2: 'TLS_V1_2',
  TLS_V1_3: 'TLS_V1_3',
} as const;

/**
 * Protocol versions; 1 and 2 are held for TLS 1.0 and 1.1.
 */
export type _agentgateway_dev_resource_TLSConfig_TLSVersion =
  | 'TLS_VERSION_UNSPECIFIED'
  | 0
  | 'TLS_V1_2'
  | 3
  | 'TLS_V1_3'
  | 4

/**
 * Protocol versions; 1 and 2 are held for TLS 1.0 and 1.1.
 */
export type _agentgateway_dev_resource_TLSConfig_TLSVersion__Output = typeof _agentgateway_dev_resource_TLSConfig_TLSVersion[keyof typeof _agentgateway_dev_resource_TLSConfig_TLSVersion]

/**
 * Certificates and limits of a TLS listener.
 */
export interface TLSConfig {
  /**
   * PEM.
   */
  'cert'?: (Buffer | Uint8Array | string);
  /**
   * PEM.
   */
  'privateKey'?: (Buffer | Uint8Array | string);
  /**
   * PEM; unset: client certificates are not asked for.
   */
  'root'?: (Buffer | Uint8Array | string);
  'cipherSuites'?: (_agentgateway_dev_resource_TLSConfig_CipherSuite)[];
  'minVersion'?: (_agentgateway_dev_resource_TLSConfig_TLSVersion);
  'maxVersion'?: (_agentgateway_dev_resource_TLSConfig_TLSVersion);
  'mtlsMode'?: (_agentgateway_dev_resource_TLSConfig_MTLSMode);
  'keyExchangeGroups'?: (_agentgateway_dev_resource_TLSConfig_KeyExchangeGroup)[];
  'certificateSource'?: (_agentgateway_dev_resource_TLSConfig_CertificateSource);
  '_root'?: "root";
  '_minVersion'?: "minVersion";
  '_maxVersion'?: "maxVersion";
}

/**
 * Certificates and limits of a TLS listener.
 */
export interface TLSConfig__Output {
  /**
   * PEM.
   */
  'cert'?: (Buffer);
  /**
   * PEM.
   */
  'privateKey'?: (Buffer);
  /**
   * PEM; unset: client certificates are not asked for.
   */
  'root'?: (Buffer);
  'cipherSuites': (_agentgateway_dev_resource_TLSConfig_CipherSuite__Output)[];
  'minVersion'?: (_agentgateway_dev_resource_TLSConfig_TLSVersion__Output);
  'maxVersion'?: (_agentgateway_dev_resource_TLSConfig_TLSVersion__Output);
  'mtlsMode'?: (_agentgateway_dev_resource_TLSConfig_MTLSMode__Output);
  'keyExchangeGroups': (_agentgateway_dev_resource_TLSConfig_KeyExchangeGroup__Output)[];
  'certificateSource'?: (_agentgateway_dev_resource_TLSConfig_CertificateSource__Output);
  '_root'?: "root";
  '_minVersion'?: "minVersion";
  '_maxVersion'?: "maxVersion";
}
