// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
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
