// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Changes to where a request is sent.
 */
export interface UrlRewrite {
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
   * Unset: the request's.
   */
  'path'?: "full"|"prefix";
}

/**
 * Changes to where a request is sent.
 */
export interface UrlRewrite__Output {
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
   * Unset: the request's.
   */
  'path'?: "full"|"prefix";
}
