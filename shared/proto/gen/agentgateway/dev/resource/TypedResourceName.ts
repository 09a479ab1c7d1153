// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Which object.
 */
export interface TypedResourceName {
  'name'?: (string);
  'namespace'?: (string);
  'kind'?: (string);
}

/**
 * Which object.
 */
export interface TypedResourceName__Output {
  'name'?: (string);
  'namespace'?: (string);
  'kind'?: (string);
}
