// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Header as _agentgateway_dev_resource_Header, Header__Output as _agentgateway_dev_resource_Header__Output } from '../../../agentgateway/dev/resource/Header.js';

/**
 * Changes to a message's headers: first add, then set, then remove.
 */
export interface HeaderModifier {
  /**
   * Appended to the values that are there.
   */
  'add'?: (_agentgateway_dev_resource_Header)[];
  /**
   * In place of the values that are there.
   */
  'set'?: (_agentgateway_dev_resource_Header)[];
  'remove'?: (string)[];
}

/**
 * Changes to a message's headers: first add, then set, then remove.
 */
export interface HeaderModifier__Output {
  /**
   * Appended to the values that are there.
   */
  'add': (_agentgateway_dev_resource_Header__Output)[];
  /**
   * In place of the values that are there.
   */
  'set': (_agentgateway_dev_resource_Header__Output)[];
  'remove': (string)[];
}
