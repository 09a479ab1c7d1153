// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * An answer that sends the client elsewhere.
 */
export interface RequestRedirect {
  /**
   * Empty: the request's.
   */
  'scheme'?: (string);
  /**
   * Empty: the request's.
   */
  'host'?: (string);
  'full'?: (string);
  /**
   * Replaces the prefix that the route matched.
   */
  'prefix'?: (string);
  /**
   * 0: that of the scheme when the redirect names one, else the listener's.
   */
  'port'?: (number);
  /**
   * 0: 302.
   */
  'status'?: (number);
  /**
   * Unset: the request's.
   */
  'path'?: "full"|"prefix";
}

/**
 * An answer that sends the client elsewhere.
 */
export interface RequestRedirect__Output {
  /**
   * Empty: the request's.
   */
  'scheme'?: (string);
  /**
   * Empty: the request's.
   */
  'host'?: (string);
  'full'?: (string);
  /**
   * Replaces the prefix that the route matched.
   */
  'prefix'?: (string);
  /**
   * 0: that of the scheme when the redirect names one, else the listener's.
   */
  'port'?: (number);
  /**
   * 0: 302.
   */
  'status'?: (number);
  /**
   * Unset: the request's.
   */
  'path'?: "full"|"prefix";
}
