// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * A set of routes that other routes delegate to.
 */
export interface RouteGroup {
  'key'?: (string);
  'namespace'?: (string);
  'name'?: (string);
}

/**
 * A set of routes that other routes delegate to.
 */
export interface RouteGroup__Output {
  'key'?: (string);
  'namespace'?: (string);
  'name'?: (string);
}
