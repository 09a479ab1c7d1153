// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Workload as _istio_workload_Workload, Workload__Output as _istio_workload_Workload__Output } from '../../istio/workload/Workload.js';
import type { Service as _istio_workload_Service, Service__Output as _istio_workload_Service__Output } from '../../istio/workload/Service.js';

/**
 * What a proxy learns about addresses: an endpoint, or a service that groups endpoints.
 */
export interface Address {
  'workload'?: (_istio_workload_Workload | null);
  'service'?: (_istio_workload_Service | null);
  'type'?: "workload"|"service";
}

/**
 * What a proxy learns about addresses: an endpoint, or a service that groups endpoints.
 */
export interface Address__Output {
  'workload'?: (_istio_workload_Workload__Output);
  'service'?: (_istio_workload_Service__Output);
  'type'?: "workload"|"service";
}
