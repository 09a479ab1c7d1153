// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * A filter on requests. Heartline enforces none: a worker that receives one closes the route it is on.
 */
export interface TrafficPolicySpec {
}

/**
 * A filter on requests. Heartline enforces none: a worker that receives one closes the route it is on.
 */
export interface TrafficPolicySpec__Output {
}
