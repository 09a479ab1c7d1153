// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { DynamicParameterConstraints as _envoy_service_discovery_v3_DynamicParameterConstraints, DynamicParameterConstraints__Output as _envoy_service_discovery_v3_DynamicParameterConstraints__Output } from '../../../../envoy/service/discovery/v3/DynamicParameterConstraints.js';

/**
 * A resource name with the parameters it is valid for.
 */
export interface ResourceName {
  'name'?: (string);
  'dynamicParameterConstraints'?: (_envoy_service_discovery_v3_DynamicParameterConstraints | null);
}

/**
 * A resource name with the parameters it is valid for.
 */
export interface ResourceName__Output {
  'name'?: (string);
  'dynamicParameterConstraints'?: (_envoy_service_discovery_v3_DynamicParameterConstraints__Output);
}
