// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Hello as _heartline_fleet_v1_Hello, Hello__Output as _heartline_fleet_v1_Hello__Output } from '../../../heartline/fleet/v1/Hello.js';
import type { InForceReport as _heartline_fleet_v1_InForceReport, InForceReport__Output as _heartline_fleet_v1_InForceReport__Output } from '../../../heartline/fleet/v1/InForceReport.js';
import type { TunnelFrame as _heartline_fleet_v1_TunnelFrame, TunnelFrame__Output as _heartline_fleet_v1_TunnelFrame__Output } from '../../../heartline/fleet/v1/TunnelFrame.js';

/**
 * From a worker.
 */
export interface WorkerMessage {
  /**
   * First message of a stream, once.
   */
  'hello'?: (_heartline_fleet_v1_Hello | null);
  /**
   * On change, at most once a second, and every 30 s without a change.
   */
  'inForce'?: (_heartline_fleet_v1_InForceReport | null);
  /**
   * Of a tunnel that the control plane opened.
   */
  'tunnel'?: (_heartline_fleet_v1_TunnelFrame | null);
  'kind'?: "hello"|"inForce"|"tunnel";
}

/**
 * From a worker.
 */
export interface WorkerMessage__Output {
  /**
   * First message of a stream, once.
   */
  'hello'?: (_heartline_fleet_v1_Hello__Output);
  /**
   * On change, at most once a second, and every 30 s without a change.
   */
  'inForce'?: (_heartline_fleet_v1_InForceReport__Output);
  /**
   * Of a tunnel that the control plane opened.
   */
  'tunnel'?: (_heartline_fleet_v1_TunnelFrame__Output);
  'kind'?: "hello"|"inForce"|"tunnel";
}
