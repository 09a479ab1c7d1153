// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * What a listener speaks.
 */
export const Protocol = {
  UNKNOWN: 'UNKNOWN',
  HTTP: 'HTTP',
  HTTPS: 'HTTPS',
  TLS: 'TLS',
  TCP: 'TCP',
  HBONE: 'HBONE',
} as const;

/**
 * What a listener speaks.
 */
export type Protocol =
  | 'UNKNOWN'
  | 0
  | 'HTTP'
  | 1
  | 'HTTPS'
  | 2
  | 'TLS'
  | 3
  | 'TCP'
  | 4
  | 'HBONE'
  | 5

/**
 * What a listener speaks.
 */
export type Protocol__Output = typeof Protocol[keyof typeof Protocol]
