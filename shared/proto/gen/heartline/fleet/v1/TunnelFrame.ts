// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { TunnelOpen as _heartline_fleet_v1_TunnelOpen, TunnelOpen__Output as _heartline_fleet_v1_TunnelOpen__Output } from '../../../heartline/fleet/v1/TunnelOpen.js';
import type { TunnelData as _heartline_fleet_v1_TunnelData, TunnelData__Output as _heartline_fleet_v1_TunnelData__Output } from '../../../heartline/fleet/v1/TunnelData.js';
import type { TunnelWindow as _heartline_fleet_v1_TunnelWindow, TunnelWindow__Output as _heartline_fleet_v1_TunnelWindow__Output } from '../../../heartline/fleet/v1/TunnelWindow.js';
import type { TunnelClose as _heartline_fleet_v1_TunnelClose, TunnelClose__Output as _heartline_fleet_v1_TunnelClose__Output } from '../../../heartline/fleet/v1/TunnelClose.js';

/**
 * A byte stream through the fleet stream, for port-forward. Opened by the control plane, numbered by it, and gone with the fleet
 * stream. Either side may have 256 KiB of data under way in its direction; TunnelWindow gives back what was read.
 */
export interface TunnelFrame {
  /**
   * From 1; a number is not used again on a fleet stream.
   */
  'tunnelId'?: (number);
  'open'?: (_heartline_fleet_v1_TunnelOpen | null);
  'data'?: (_heartline_fleet_v1_TunnelData | null);
  'window'?: (_heartline_fleet_v1_TunnelWindow | null);
  'close'?: (_heartline_fleet_v1_TunnelClose | null);
  'kind'?: "open"|"data"|"window"|"close";
}

/**
 * A byte stream through the fleet stream, for port-forward. Opened by the control plane, numbered by it, and gone with the fleet
 * stream. Either side may have 256 KiB of data under way in its direction; TunnelWindow gives back what was read.
 */
export interface TunnelFrame__Output {
  /**
   * From 1; a number is not used again on a fleet stream.
   */
  'tunnelId'?: (number);
  'open'?: (_heartline_fleet_v1_TunnelOpen__Output);
  'data'?: (_heartline_fleet_v1_TunnelData__Output);
  'window'?: (_heartline_fleet_v1_TunnelWindow__Output);
  'close'?: (_heartline_fleet_v1_TunnelClose__Output);
  'kind'?: "open"|"data"|"window"|"close";
}
