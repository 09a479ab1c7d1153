// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
// Original file: /work/main/proto/istio/workload/workload.proto


/**
 * Present so that the number is taken; nobody here reads what is inside.
 */
export interface ApplicationTunnel {
}

/**
 * Present so that the number is taken; nobody here reads what is inside.
 */
export interface ApplicationTunnel__Output {
}
