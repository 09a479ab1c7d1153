// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Known by name only.
 */
export interface MCPBackend {
}

/**
 * Known by name only.
 */
export interface MCPBackend__Output {
}
