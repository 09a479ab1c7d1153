// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { AppProtocol as _istio_workload_AppProtocol, AppProtocol__Output as _istio_workload_AppProtocol__Output } from '../../istio/workload/AppProtocol.js';

/**
 * From the port of a service to the port of an endpoint.
 */
export interface Port {
  'servicePort'?: (number);
  'targetPort'?: (number);
  'appProtocol'?: (_istio_workload_AppProtocol);
}

/**
 * From the port of a service to the port of an endpoint.
 */
export interface Port__Output {
  'servicePort'?: (number);
  'targetPort'?: (number);
  'appProtocol'?: (_istio_workload_AppProtocol__Output);
}
