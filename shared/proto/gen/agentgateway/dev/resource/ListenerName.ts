// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { ResourceName as _agentgateway_dev_resource_ResourceName, ResourceName__Output as _agentgateway_dev_resource_ResourceName__Output } from '../../../agentgateway/dev/resource/ResourceName.js';

/**
 * Which listener of which Gateway.
 */
export interface ListenerName {
  'gatewayName'?: (string);
  'gatewayNamespace'?: (string);
  'listenerName'?: (string);
  /**
   * Set when the listener comes from a ListenerSet.
   */
  'listenerSet'?: (_agentgateway_dev_resource_ResourceName | null);
}

/**
 * Which listener of which Gateway.
 */
export interface ListenerName__Output {
  'gatewayName'?: (string);
  'gatewayNamespace'?: (string);
  'listenerName'?: (string);
  /**
   * Set when the listener comes from a ListenerSet.
   */
  'listenerSet'?: (_agentgateway_dev_resource_ResourceName__Output);
}
