// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Present so that the number is taken; nobody here reads what is inside.
 */
export interface Extension {
}

/**
 * Present so that the number is taken; nobody here reads what is inside.
 */
export interface Extension__Output {
}
