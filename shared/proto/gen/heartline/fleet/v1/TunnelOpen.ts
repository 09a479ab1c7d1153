// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { TunnelTarget as _heartline_fleet_v1_TunnelTarget, TunnelTarget__Output as _heartline_fleet_v1_TunnelTarget__Output } from '../../../heartline/fleet/v1/TunnelTarget.js';

/**
 * First frame of a tunnel; data may follow at once.
 */
export interface TunnelOpen {
  'target'?: (_heartline_fleet_v1_TunnelTarget);
}

/**
 * First frame of a tunnel; data may follow at once.
 */
export interface TunnelOpen__Output {
  'target'?: (_heartline_fleet_v1_TunnelTarget__Output);
}
