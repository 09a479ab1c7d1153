// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * A service, by name.
 */
export interface NamespacedHostname {
  'namespace'?: (string);
  'hostname'?: (string);
}

/**
 * A service, by name.
 */
export interface NamespacedHostname__Output {
  'namespace'?: (string);
  'hostname'?: (string);
}
