// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Which IP versions a service has.
 */
export const IPFamilies = {
  AUTOMATIC: 'AUTOMATIC',
  IPV4_ONLY: 'IPV4_ONLY',
  IPV6_ONLY: 'IPV6_ONLY',
  DUAL: 'DUAL',
} as const;

/**
 * Which IP versions a service has.
 */
export type IPFamilies =
  | 'AUTOMATIC'
  | 0
  | 'IPV4_ONLY'
  | 1
  | 'IPV6_ONLY'
  | 2
  | 'DUAL'
  | 3

/**
 * Which IP versions a service has.
 */
export type IPFamilies__Output = typeof IPFamilies[keyof typeof IPFamilies]
