// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * A resource name with parameters the client chose.
 */
export interface ResourceLocator {
  'name'?: (string);
  'dynamicParameters'?: ({[key: string]: string});
}

/**
 * A resource name with parameters the client chose.
 */
export interface ResourceLocator__Output {
  'name'?: (string);
  'dynamicParameters'?: ({[key: string]: string});
}
