// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Resource as _envoy_service_discovery_v3_Resource, Resource__Output as _envoy_service_discovery_v3_Resource__Output } from '../../../../envoy/service/discovery/v3/Resource.js';
import type { ControlPlane as _envoy_config_core_v3_ControlPlane, ControlPlane__Output as _envoy_config_core_v3_ControlPlane__Output } from '../../../../envoy/config/core/v3/ControlPlane.js';
import type { ResourceName as _envoy_service_discovery_v3_ResourceName, ResourceName__Output as _envoy_service_discovery_v3_ResourceName__Output } from '../../../../envoy/service/discovery/v3/ResourceName.js';
import type { ResourceError as _envoy_service_discovery_v3_ResourceError, ResourceError__Output as _envoy_service_discovery_v3_ResourceError__Output } from '../../../../envoy/service/discovery/v3/ResourceError.js';

/**
 * Delta: only what changed for this client.
 */
export interface DeltaDiscoveryResponse {
  /**
   * For people: the label of the snapshot. Never compared.
   */
  'systemVersionInfo'?: (string);
  'resources'?: (_envoy_service_discovery_v3_Resource)[];
  'typeUrl'?: (string);
  'nonce'?: (string);
  'removedResources'?: (string)[];
  'controlPlane'?: (_envoy_config_core_v3_ControlPlane | null);
  'removedResourceNames'?: (_envoy_service_discovery_v3_ResourceName)[];
  'resourceErrors'?: (_envoy_service_discovery_v3_ResourceError)[];
}

/**
 * Delta: only what changed for this client.
 */
export interface DeltaDiscoveryResponse__Output {
  /**
   * For people: the label of the snapshot. Never compared.
   */
  'systemVersionInfo'?: (string);
  'resources': (_envoy_service_discovery_v3_Resource__Output)[];
  'typeUrl'?: (string);
  'nonce'?: (string);
  'removedResources': (string)[];
  'controlPlane'?: (_envoy_config_core_v3_ControlPlane__Output);
  'removedResourceNames': (_envoy_service_discovery_v3_ResourceName__Output)[];
  'resourceErrors': (_envoy_service_discovery_v3_ResourceError__Output)[];
}
