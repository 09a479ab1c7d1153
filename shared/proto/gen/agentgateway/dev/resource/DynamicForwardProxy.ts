// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * The destination the request itself names.
 */
export interface DynamicForwardProxy {
}

/**
 * The destination the request itself names.
 */
export interface DynamicForwardProxy__Output {
}
