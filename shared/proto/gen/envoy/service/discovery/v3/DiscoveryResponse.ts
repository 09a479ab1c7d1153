// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from '../../../../google/protobuf/Any.js';
import type { ControlPlane as _envoy_config_core_v3_ControlPlane, ControlPlane__Output as _envoy_config_core_v3_ControlPlane__Output } from '../../../../envoy/config/core/v3/ControlPlane.js';
import type { ResourceError as _envoy_service_discovery_v3_ResourceError, ResourceError__Output as _envoy_service_discovery_v3_ResourceError__Output } from '../../../../envoy/service/discovery/v3/ResourceError.js';

/**
 * State of the world: all resources the client asked for.
 */
export interface DiscoveryResponse {
  'versionInfo'?: (string);
  'resources'?: (_google_protobuf_Any)[];
  /**
   * Declared by the protocol, implemented by nobody.
   */
  'canary'?: (boolean);
  'typeUrl'?: (string);
  'nonce'?: (string);
  'controlPlane'?: (_envoy_config_core_v3_ControlPlane | null);
  'resourceErrors'?: (_envoy_service_discovery_v3_ResourceError)[];
}

/**
 * State of the world: all resources the client asked for.
 */
export interface DiscoveryResponse__Output {
  'versionInfo'?: (string);
  'resources': (_google_protobuf_Any__Output)[];
  /**
   * Declared by the protocol, implemented by nobody.
   */
  'canary'?: (boolean);
  'typeUrl'?: (string);
  'nonce'?: (string);
  'controlPlane'?: (_envoy_config_core_v3_ControlPlane__Output);
  'resourceErrors': (_envoy_service_discovery_v3_ResourceError__Output)[];
}
