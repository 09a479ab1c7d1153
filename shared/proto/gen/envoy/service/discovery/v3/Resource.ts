// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from '../../../../google/protobuf/Any.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../../google/protobuf/Duration.js';
import type { CacheControl as _envoy_service_discovery_v3_CacheControl, CacheControl__Output as _envoy_service_discovery_v3_CacheControl__Output } from '../../../../envoy/service/discovery/v3/CacheControl.js';
import type { ResourceName as _envoy_service_discovery_v3_ResourceName, ResourceName__Output as _envoy_service_discovery_v3_ResourceName__Output } from '../../../../envoy/service/discovery/v3/ResourceName.js';
import type { Metadata as _envoy_config_core_v3_Metadata, Metadata__Output as _envoy_config_core_v3_Metadata__Output } from '../../../../envoy/config/core/v3/Metadata.js';

/**
 * One named, versioned resource. Without `resource` it only renews `ttl`.
 */
export interface Resource {
  /**
   * Opaque, compared for equality only; ours is the hash of the bytes of `resource`.
   */
  'version'?: (string);
  'resource'?: (_google_protobuf_Any | null);
  'name'?: (string);
  'aliases'?: (string)[];
  /**
   * The client drops the resource when this much time passes without another delivery.
   */
  'ttl'?: (_google_protobuf_Duration | null);
  'cacheControl'?: (_envoy_service_discovery_v3_CacheControl | null);
  'resourceName'?: (_envoy_service_discovery_v3_ResourceName | null);
  'metadata'?: (_envoy_config_core_v3_Metadata | null);
}

/**
 * One named, versioned resource. Without `resource` it only renews `ttl`.
 */
export interface Resource__Output {
  /**
   * Opaque, compared for equality only; ours is the hash of the bytes of `resource`.
   */
  'version'?: (string);
  'resource'?: (_google_protobuf_Any__Output);
  'name'?: (string);
  'aliases': (string)[];
  /**
   * The client drops the resource when this much time passes without another delivery.
   */
  'ttl'?: (_google_protobuf_Duration__Output);
  'cacheControl'?: (_envoy_service_discovery_v3_CacheControl__Output);
  'resourceName'?: (_envoy_service_discovery_v3_ResourceName__Output);
  'metadata'?: (_envoy_config_core_v3_Metadata__Output);
}
