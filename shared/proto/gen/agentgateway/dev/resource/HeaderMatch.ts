// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * A condition on one header.
 */
export interface HeaderMatch {
  'name'?: (string);
  'exact'?: (string);
  'regex'?: (string);
  'value'?: "exact"|"regex";
}

/**
 * A condition on one header.
 */
export interface HeaderMatch__Output {
  'name'?: (string);
  'exact'?: (string);
  'regex'?: (string);
  'value'?: "exact"|"regex";
}
