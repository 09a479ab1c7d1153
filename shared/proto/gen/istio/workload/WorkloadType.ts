// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * What made an endpoint.
 */
export const WorkloadType = {
  DEPLOYMENT: 'DEPLOYMENT',
  CRONJOB: 'CRONJOB',
  POD: 'POD',
  JOB: 'JOB',
} as const;

/**
 * What made an endpoint.
 */
export type WorkloadType =
  | 'DEPLOYMENT'
  | 0
  | 'CRONJOB'
  | 1
  | 'POD'
  | 2
  | 'JOB'
  | 3

/**
 * What made an endpoint.
 */
export type WorkloadType__Output = typeof WorkloadType[keyof typeof WorkloadType]
