// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { ListenerName as _agentgateway_dev_resource_ListenerName, ListenerName__Output as _agentgateway_dev_resource_ListenerName__Output } from '../../../agentgateway/dev/resource/ListenerName.js';
import type { Protocol as _agentgateway_dev_resource_Protocol, Protocol__Output as _agentgateway_dev_resource_Protocol__Output } from '../../../agentgateway/dev/resource/Protocol.js';
import type { TLSConfig as _agentgateway_dev_resource_TLSConfig, TLSConfig__Output as _agentgateway_dev_resource_TLSConfig__Output } from '../../../agentgateway/dev/resource/TLSConfig.js';

/**
 * A Gateway's listener. Key: NAMESPACE/GATEWAY.LISTENER.
 */
export interface Listener {
  'key'?: (string);
  'bindKey'?: (string);
  /**
   * Required: a listener without it is rejected.
   */
  'name'?: (_agentgateway_dev_resource_ListenerName | null);
  /**
   * Empty: any host.
   */
  'hostname'?: (string);
  'protocol'?: (_agentgateway_dev_resource_Protocol);
  'tls'?: (_agentgateway_dev_resource_TLSConfig | null);
}

/**
 * A Gateway's listener. Key: NAMESPACE/GATEWAY.LISTENER.
 */
export interface Listener__Output {
  'key'?: (string);
  'bindKey'?: (string);
  /**
   * Required: a listener without it is rejected.
   */
  'name'?: (_agentgateway_dev_resource_ListenerName__Output);
  /**
   * Empty: any host.
   */
  'hostname'?: (string);
  'protocol'?: (_agentgateway_dev_resource_Protocol__Output);
  'tls'?: (_agentgateway_dev_resource_TLSConfig__Output);
}
