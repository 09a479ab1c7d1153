// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { KeepaliveConfig as _agentgateway_dev_resource_KeepaliveConfig, KeepaliveConfig__Output as _agentgateway_dev_resource_KeepaliveConfig__Output } from '../../../agentgateway/dev/resource/KeepaliveConfig.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../google/protobuf/Duration.js';

/**
 * Keepalive and connect timeout of upstream sockets.
 */
export interface _agentgateway_dev_resource_BackendPolicySpec_BackendTCP {
  /**
   * Unset: 180 s, 180 s, 9 probes; upstream keepalive is on by default.
   */
  'keepalive'?: (_agentgateway_dev_resource_KeepaliveConfig | null);
  'connectTimeout'?: (_google_protobuf_Duration | null);
}

/**
 * Keepalive and connect timeout of upstream sockets.
 */
export interface _agentgateway_dev_resource_BackendPolicySpec_BackendTCP__Output {
  /**
   * Unset: 180 s, 180 s, 9 probes; upstream keepalive is on by default.
   */
  'keepalive'?: (_agentgateway_dev_resource_KeepaliveConfig__Output);
  'connectTimeout'?: (_google_protobuf_Duration__Output);
}

/**
 * A setting of upstream connections.
 */
export interface BackendPolicySpec {
  'backendTcp'?: (_agentgateway_dev_resource_BackendPolicySpec_BackendTCP | null);
  'kind'?: "backendTcp";
}

/**
 * A setting of upstream connections.
 */
export interface BackendPolicySpec__Output {
  'backendTcp'?: (_agentgateway_dev_resource_BackendPolicySpec_BackendTCP__Output);
  'kind'?: "backendTcp";
}
