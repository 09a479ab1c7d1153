// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { NamespacedHostname as _istio_workload_NamespacedHostname, NamespacedHostname__Output as _istio_workload_NamespacedHostname__Output } from '../../istio/workload/NamespacedHostname.js';
import type { NetworkAddress as _istio_workload_NetworkAddress, NetworkAddress__Output as _istio_workload_NetworkAddress__Output } from '../../istio/workload/NetworkAddress.js';

/**
 * A gateway to pass through.
 */
export interface GatewayAddress {
  'hostname'?: (_istio_workload_NamespacedHostname | null);
  'address'?: (_istio_workload_NetworkAddress | null);
  'destination'?: "hostname"|"address";
}

/**
 * A gateway to pass through.
 */
export interface GatewayAddress__Output {
  'hostname'?: (_istio_workload_NamespacedHostname__Output);
  'address'?: (_istio_workload_NetworkAddress__Output);
  'destination'?: "hostname"|"address";
}
