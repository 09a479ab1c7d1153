// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Known by name only.
 */
export interface ModelRouter {
}

/**
 * Known by name only.
 */
export interface ModelRouter__Output {
}
