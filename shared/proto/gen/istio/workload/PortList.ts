// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Port as _istio_workload_Port, Port__Output as _istio_workload_Port__Output } from '../../istio/workload/Port.js';

/**
 * The ports of one service.
 */
export interface PortList {
  'ports'?: (_istio_workload_Port)[];
}

/**
 * The ports of one service.
 */
export interface PortList__Output {
  'ports': (_istio_workload_Port__Output)[];
}
