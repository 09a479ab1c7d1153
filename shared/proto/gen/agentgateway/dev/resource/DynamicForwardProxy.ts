// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
// Original file: /work/main/proto/agentgateway/dev/resource/resource.proto


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
