// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Known by name only.
 */
export interface AIBackend {
}

/**
 * Known by name only.
 */
export interface AIBackend__Output {
}
