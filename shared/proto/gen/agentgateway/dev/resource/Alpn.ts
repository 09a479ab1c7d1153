// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
// Original file: /work/main/proto/agentgateway/dev/resource/resource.proto


/**
 * Protocols a TLS endpoint offers.
 */
export interface Alpn {
  'protocols'?: (string)[];
}

/**
 * Protocols a TLS endpoint offers.
 */
export interface Alpn__Output {
  'protocols': (string)[];
}
