// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { ResourceName as _envoy_service_discovery_v3_ResourceName, ResourceName__Output as _envoy_service_discovery_v3_ResourceName__Output } from '../../../../envoy/service/discovery/v3/ResourceName.js';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from '../../../../google/rpc/Status.js';

/**
 * The server's answer about one resource it could not deliver; NOT_FOUND equals a removal.
 */
export interface ResourceError {
  'resourceName'?: (_envoy_service_discovery_v3_ResourceName | null);
  'errorDetail'?: (_google_rpc_Status | null);
}

/**
 * The server's answer about one resource it could not deliver; NOT_FOUND equals a removal.
 */
export interface ResourceError__Output {
  'resourceName'?: (_envoy_service_discovery_v3_ResourceName__Output);
  'errorDetail'?: (_google_rpc_Status__Output);
}
