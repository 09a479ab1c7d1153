// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { TypedResourceName as _agentgateway_dev_resource_TypedResourceName, TypedResourceName__Output as _agentgateway_dev_resource_TypedResourceName__Output } from '../../../agentgateway/dev/resource/TypedResourceName.js';
import type { PolicyTarget as _agentgateway_dev_resource_PolicyTarget, PolicyTarget__Output as _agentgateway_dev_resource_PolicyTarget__Output } from '../../../agentgateway/dev/resource/PolicyTarget.js';
import type { TrafficPolicySpec as _agentgateway_dev_resource_TrafficPolicySpec, TrafficPolicySpec__Output as _agentgateway_dev_resource_TrafficPolicySpec__Output } from '../../../agentgateway/dev/resource/TrafficPolicySpec.js';
import type { BackendPolicySpec as _agentgateway_dev_resource_BackendPolicySpec, BackendPolicySpec__Output as _agentgateway_dev_resource_BackendPolicySpec__Output } from '../../../agentgateway/dev/resource/BackendPolicySpec.js';
import type { FrontendPolicySpec as _agentgateway_dev_resource_FrontendPolicySpec, FrontendPolicySpec__Output as _agentgateway_dev_resource_FrontendPolicySpec__Output } from '../../../agentgateway/dev/resource/FrontendPolicySpec.js';
import type { ConditionalPolicies as _agentgateway_dev_resource_ConditionalPolicies, ConditionalPolicies__Output as _agentgateway_dev_resource_ConditionalPolicies__Output } from '../../../agentgateway/dev/resource/ConditionalPolicies.js';


/**
 * Whether a more specific target may replace this policy.
 */
export const _agentgateway_dev_resource_Policy_Inheritance = {
  DEFAULT: 'DEFAULT',
  OVERRIDE: 'OVERRIDE',
} as const;

/**
 * Whether a more specific target may replace this policy.
 */
export type _agentgateway_dev_resource_Policy_Inheritance =
  | 'DEFAULT'
  | 0
  | 'OVERRIDE'
  | 1

/**
 * Whether a more specific target may replace this policy.
 */
export type _agentgateway_dev_resource_Policy_Inheritance__Output = typeof _agentgateway_dev_resource_Policy_Inheritance[keyof typeof _agentgateway_dev_resource_Policy_Inheritance]

/**
 * One kind of setting for one target.
 */
export interface Policy {
  'key'?: (string);
  'name'?: (_agentgateway_dev_resource_TypedResourceName | null);
  /**
   * Required: a policy without it is rejected.
   */
  'target'?: (_agentgateway_dev_resource_PolicyTarget | null);
  'traffic'?: (_agentgateway_dev_resource_TrafficPolicySpec | null);
  'backend'?: (_agentgateway_dev_resource_BackendPolicySpec | null);
  'frontend'?: (_agentgateway_dev_resource_FrontendPolicySpec | null);
  'conditional'?: (_agentgateway_dev_resource_ConditionalPolicies | null);
  'inheritance'?: (_agentgateway_dev_resource_Policy_Inheritance);
  'kind'?: "traffic"|"backend"|"frontend"|"conditional";
}

/**
 * One kind of setting for one target.
 */
export interface Policy__Output {
  'key'?: (string);
  'name'?: (_agentgateway_dev_resource_TypedResourceName__Output);
  /**
   * Required: a policy without it is rejected.
   */
  'target'?: (_agentgateway_dev_resource_PolicyTarget__Output);
  'traffic'?: (_agentgateway_dev_resource_TrafficPolicySpec__Output);
  'backend'?: (_agentgateway_dev_resource_BackendPolicySpec__Output);
  'frontend'?: (_agentgateway_dev_resource_FrontendPolicySpec__Output);
  'conditional'?: (_agentgateway_dev_resource_ConditionalPolicies__Output);
  'inheritance'?: (_agentgateway_dev_resource_Policy_Inheritance__Output);
  'kind'?: "traffic"|"backend"|"frontend"|"conditional";
}
