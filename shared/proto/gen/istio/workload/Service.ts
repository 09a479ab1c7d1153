// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { NetworkAddress as _istio_workload_NetworkAddress, NetworkAddress__Output as _istio_workload_NetworkAddress__Output } from '../../istio/workload/NetworkAddress.js';
import type { Port as _istio_workload_Port, Port__Output as _istio_workload_Port__Output } from '../../istio/workload/Port.js';
import type { LoadBalancing as _istio_workload_LoadBalancing, LoadBalancing__Output as _istio_workload_LoadBalancing__Output } from '../../istio/workload/LoadBalancing.js';
import type { IPFamilies as _istio_workload_IPFamilies, IPFamilies__Output as _istio_workload_IPFamilies__Output } from '../../istio/workload/IPFamilies.js';

/**
 * A name and its virtual addresses. Primary key: NAMESPACE/HOSTNAME.
 */
export interface Service {
  'name'?: (string);
  'namespace'?: (string);
  'hostname'?: (string);
  'addresses'?: (_istio_workload_NetworkAddress)[];
  'ports'?: (_istio_workload_Port)[];
  'loadBalancing'?: (_istio_workload_LoadBalancing | null);
  'ipFamilies'?: (_istio_workload_IPFamilies);
}

/**
 * A name and its virtual addresses. Primary key: NAMESPACE/HOSTNAME.
 */
export interface Service__Output {
  'name'?: (string);
  'namespace'?: (string);
  'hostname'?: (string);
  'addresses': (_istio_workload_NetworkAddress__Output)[];
  'ports': (_istio_workload_Port__Output)[];
  'loadBalancing'?: (_istio_workload_LoadBalancing__Output);
  'ipFamilies'?: (_istio_workload_IPFamilies__Output);
}
