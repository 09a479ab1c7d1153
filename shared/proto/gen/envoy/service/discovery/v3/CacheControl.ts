// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Caching rules for proxies between server and client.
 */
export interface CacheControl {
  'doNotCache'?: (boolean);
}

/**
 * Caching rules for proxies between server and client.
 */
export interface CacheControl__Output {
  'doNotCache'?: (boolean);
}
