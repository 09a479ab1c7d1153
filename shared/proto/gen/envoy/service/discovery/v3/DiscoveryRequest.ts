// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Node as _envoy_config_core_v3_Node, Node__Output as _envoy_config_core_v3_Node__Output } from '../../../../envoy/config/core/v3/Node.js';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from '../../../../google/rpc/Status.js';
import type { ResourceLocator as _envoy_service_discovery_v3_ResourceLocator, ResourceLocator__Output as _envoy_service_discovery_v3_ResourceLocator__Output } from '../../../../envoy/service/discovery/v3/ResourceLocator.js';

/**
 * State of the world: what the client wants, and what it made of the last response of this type.
 */
export interface DiscoveryRequest {
  /**
   * Version the client holds now; after a NACK still the last good one.
   */
  'versionInfo'?: (string);
  /**
   * Sure to be present on the first request of a stream only.
   */
  'node'?: (_envoy_config_core_v3_Node | null);
  /**
   * The full list; an empty first request means everything.
   */
  'resourceNames'?: (string)[];
  'typeUrl'?: (string);
  /**
   * Nonce of the response this acknowledges; empty on a first request.
   */
  'responseNonce'?: (string);
  /**
   * Present exactly when the response was rejected.
   */
  'errorDetail'?: (_google_rpc_Status | null);
  'resourceLocators'?: (_envoy_service_discovery_v3_ResourceLocator)[];
}

/**
 * State of the world: what the client wants, and what it made of the last response of this type.
 */
export interface DiscoveryRequest__Output {
  /**
   * Version the client holds now; after a NACK still the last good one.
   */
  'versionInfo'?: (string);
  /**
   * Sure to be present on the first request of a stream only.
   */
  'node'?: (_envoy_config_core_v3_Node__Output);
  /**
   * The full list; an empty first request means everything.
   */
  'resourceNames': (string)[];
  'typeUrl'?: (string);
  /**
   * Nonce of the response this acknowledges; empty on a first request.
   */
  'responseNonce'?: (string);
  /**
   * Present exactly when the response was rejected.
   */
  'errorDetail'?: (_google_rpc_Status__Output);
  'resourceLocators': (_envoy_service_discovery_v3_ResourceLocator__Output)[];
}
