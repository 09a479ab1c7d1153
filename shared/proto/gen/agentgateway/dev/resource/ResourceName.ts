// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Which object, its kind being clear.
 */
export interface ResourceName {
  'name'?: (string);
  'namespace'?: (string);
}

/**
 * Which object, its kind being clear.
 */
export interface ResourceName__Output {
  'name'?: (string);
  'namespace'?: (string);
}
