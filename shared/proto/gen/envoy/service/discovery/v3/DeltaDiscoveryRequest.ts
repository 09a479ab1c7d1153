// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Node as _envoy_config_core_v3_Node, Node__Output as _envoy_config_core_v3_Node__Output } from '../../../../envoy/config/core/v3/Node.js';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from '../../../../google/rpc/Status.js';
import type { ResourceLocator as _envoy_service_discovery_v3_ResourceLocator, ResourceLocator__Output as _envoy_service_discovery_v3_ResourceLocator__Output } from '../../../../envoy/service/discovery/v3/ResourceLocator.js';

/**
 * Delta: a first request, a change of subscription, an ACK or a NACK; it may be several of these at once.
 */
export interface DeltaDiscoveryRequest {
  /**
   * Sure to be present on the first request of a stream only.
   */
  'node'?: (_envoy_config_core_v3_Node | null);
  'typeUrl'?: (string);
  /**
   * Names to add; "*", or nothing at all on the first request of a type, means everything.
   */
  'resourceNamesSubscribe'?: (string)[];
  'resourceNamesUnsubscribe'?: (string)[];
  /**
   * Name to version of what the client holds; first request of a type on a reconnected stream. "" means version unknown.
   */
  'initialResourceVersions'?: ({[key: string]: string});
  /**
   * Set only on an explicit ACK or NACK.
   */
  'responseNonce'?: (string);
  /**
   * Present exactly when the response was rejected, in whole or in part.
   */
  'errorDetail'?: (_google_rpc_Status | null);
  'resourceLocatorsSubscribe'?: (_envoy_service_discovery_v3_ResourceLocator)[];
  'resourceLocatorsUnsubscribe'?: (_envoy_service_discovery_v3_ResourceLocator)[];
}

/**
 * Delta: a first request, a change of subscription, an ACK or a NACK; it may be several of these at once.
 */
export interface DeltaDiscoveryRequest__Output {
  /**
   * Sure to be present on the first request of a stream only.
   */
  'node'?: (_envoy_config_core_v3_Node__Output);
  'typeUrl'?: (string);
  /**
   * Names to add; "*", or nothing at all on the first request of a type, means everything.
   */
  'resourceNamesSubscribe': (string)[];
  'resourceNamesUnsubscribe': (string)[];
  /**
   * Name to version of what the client holds; first request of a type on a reconnected stream. "" means version unknown.
   */
  'initialResourceVersions'?: ({[key: string]: string});
  /**
   * Set only on an explicit ACK or NACK.
   */
  'responseNonce'?: (string);
  /**
   * Present exactly when the response was rejected, in whole or in part.
   */
  'errorDetail'?: (_google_rpc_Status__Output);
  'resourceLocatorsSubscribe': (_envoy_service_discovery_v3_ResourceLocator__Output)[];
  'resourceLocatorsUnsubscribe': (_envoy_service_discovery_v3_ResourceLocator__Output)[];
}
