// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * One header field.
 */
export interface Header {
  'name'?: (string);
  'value'?: (string);
}

/**
 * One header field.
 */
export interface Header__Output {
  'name'?: (string);
  'value'?: (string);
}
