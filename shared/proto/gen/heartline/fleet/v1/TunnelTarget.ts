// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * One of the worker's own HTTP servers. There is no other target: never an address.
 */
export const TunnelTarget = {
  TUNNEL_TARGET_UNSPECIFIED: 'TUNNEL_TARGET_UNSPECIFIED',
  /**
   * config_dump, /connections and the rest of the admin endpoints.
   */
  ADMIN: 'ADMIN',
  /**
   * metrics.
   */
  STATS: 'STATS',
  /**
   * healthz/ready.
   */
  READINESS: 'READINESS',
} as const;

/**
 * One of the worker's own HTTP servers. There is no other target: never an address.
 */
export type TunnelTarget =
  | 'TUNNEL_TARGET_UNSPECIFIED'
  | 0
  /**
   * config_dump, /connections and the rest of the admin endpoints.
   */
  | 'ADMIN'
  | 1
  /**
   * metrics.
   */
  | 'STATS'
  | 2
  /**
   * healthz/ready.
   */
  | 'READINESS'
  | 3

/**
 * One of the worker's own HTTP servers. There is no other target: never an address.
 */
export type TunnelTarget__Output = typeof TunnelTarget[keyof typeof TunnelTarget]
