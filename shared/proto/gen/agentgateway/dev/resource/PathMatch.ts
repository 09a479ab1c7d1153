// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * A condition on the path.
 */
export interface PathMatch {
  'exact'?: (string);
  /**
   * Whole path segments: /a matches /a and /a/b, not /ab.
   */
  'pathPrefix'?: (string);
  'regex'?: (string);
  'kind'?: "exact"|"pathPrefix"|"regex";
}

/**
 * A condition on the path.
 */
export interface PathMatch__Output {
  'exact'?: (string);
  /**
   * Whole path segments: /a matches /a and /a/b, not /ab.
   */
  'pathPrefix'?: (string);
  'regex'?: (string);
  'kind'?: "exact"|"pathPrefix"|"regex";
}
