// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { BackendReference as _agentgateway_dev_resource_BackendReference, BackendReference__Output as _agentgateway_dev_resource_BackendReference__Output } from '../../../agentgateway/dev/resource/BackendReference.js';
import type { BackendPolicySpec as _agentgateway_dev_resource_BackendPolicySpec, BackendPolicySpec__Output as _agentgateway_dev_resource_BackendPolicySpec__Output } from '../../../agentgateway/dev/resource/BackendPolicySpec.js';

/**
 * One destination of a route, with its share of the traffic.
 */
export interface RouteBackend {
  'backend'?: (_agentgateway_dev_resource_BackendReference | null);
  /**
   * Share relative to the other backends of the rule; 0 gets nothing.
   */
  'weight'?: (number);
  'backendPolicies'?: (_agentgateway_dev_resource_BackendPolicySpec)[];
  'routeGroupKey'?: (string);
  '_routeGroupKey'?: "routeGroupKey";
}

/**
 * One destination of a route, with its share of the traffic.
 */
export interface RouteBackend__Output {
  'backend'?: (_agentgateway_dev_resource_BackendReference__Output);
  /**
   * Share relative to the other backends of the rule; 0 gets nothing.
   */
  'weight'?: (number);
  'backendPolicies': (_agentgateway_dev_resource_BackendPolicySpec__Output)[];
  'routeGroupKey'?: (string);
  '_routeGroupKey'?: "routeGroupKey";
}
