// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * A fixed address.
 */
export interface StaticBackend {
  /**
   * Name or IP address.
   */
  'host'?: (string);
  'port'?: (number);
  /**
   * Not empty: a unix socket; host and port are ignored.
   */
  'unixPath'?: (string);
}

/**
 * A fixed address.
 */
export interface StaticBackend__Output {
  /**
   * Name or IP address.
   */
  'host'?: (string);
  'port'?: (number);
  /**
   * Not empty: a unix socket; host and port are ignored.
   */
  'unixPath'?: (string);
}
