// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * A condition on the method.
 */
export interface MethodMatch {
  'exact'?: (string);
}

/**
 * A condition on the method.
 */
export interface MethodMatch__Output {
  'exact'?: (string);
}
