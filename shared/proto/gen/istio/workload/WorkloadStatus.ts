// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Whether an endpoint takes traffic.
 */
export const WorkloadStatus = {
  HEALTHY: 'HEALTHY',
  UNHEALTHY: 'UNHEALTHY',
} as const;

/**
 * Whether an endpoint takes traffic.
 */
export type WorkloadStatus =
  | 'HEALTHY'
  | 0
  | 'UNHEALTHY'
  | 1

/**
 * Whether an endpoint takes traffic.
 */
export type WorkloadStatus__Output = typeof WorkloadStatus[keyof typeof WorkloadStatus]
