// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
// Original file: /work/main/proto/envoy/config/core/v3/base.proto


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
