// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Welcome as _heartline_fleet_v1_Welcome, Welcome__Output as _heartline_fleet_v1_Welcome__Output } from '../../../heartline/fleet/v1/Welcome.js';
import type { TunnelFrame as _heartline_fleet_v1_TunnelFrame, TunnelFrame__Output as _heartline_fleet_v1_TunnelFrame__Output } from '../../../heartline/fleet/v1/TunnelFrame.js';

/**
 * To a worker.
 */
export interface ControlMessage {
  /**
   * First message of a stream, once, after Hello was accepted.
   */
  'welcome'?: (_heartline_fleet_v1_Welcome | null);
  /**
   * To a worker whose Hello has max_tunnels.
   */
  'tunnel'?: (_heartline_fleet_v1_TunnelFrame | null);
  'kind'?: "welcome"|"tunnel";
}

/**
 * To a worker.
 */
export interface ControlMessage__Output {
  /**
   * First message of a stream, once, after Hello was accepted.
   */
  'welcome'?: (_heartline_fleet_v1_Welcome__Output);
  /**
   * To a worker whose Hello has max_tunnels.
   */
  'tunnel'?: (_heartline_fleet_v1_TunnelFrame__Output);
  'kind'?: "welcome"|"tunnel";
}
