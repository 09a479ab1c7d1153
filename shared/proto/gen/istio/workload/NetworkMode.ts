// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Whether an endpoint owns its address.
 */
export const NetworkMode = {
  STANDARD: 'STANDARD',
  HOST_NETWORK: 'HOST_NETWORK',
} as const;

/**
 * Whether an endpoint owns its address.
 */
export type NetworkMode =
  | 'STANDARD'
  | 0
  | 'HOST_NETWORK'
  | 1

/**
 * Whether an endpoint owns its address.
 */
export type NetworkMode__Output = typeof NetworkMode[keyof typeof NetworkMode]
