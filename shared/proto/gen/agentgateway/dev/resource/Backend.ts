// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { ResourceName as _agentgateway_dev_resource_ResourceName, ResourceName__Output as _agentgateway_dev_resource_ResourceName__Output } from '../../../agentgateway/dev/resource/ResourceName.js';
import type { StaticBackend as _agentgateway_dev_resource_StaticBackend, StaticBackend__Output as _agentgateway_dev_resource_StaticBackend__Output } from '../../../agentgateway/dev/resource/StaticBackend.js';
import type { AIBackend as _agentgateway_dev_resource_AIBackend, AIBackend__Output as _agentgateway_dev_resource_AIBackend__Output } from '../../../agentgateway/dev/resource/AIBackend.js';
import type { MCPBackend as _agentgateway_dev_resource_MCPBackend, MCPBackend__Output as _agentgateway_dev_resource_MCPBackend__Output } from '../../../agentgateway/dev/resource/MCPBackend.js';
import type { DynamicForwardProxy as _agentgateway_dev_resource_DynamicForwardProxy, DynamicForwardProxy__Output as _agentgateway_dev_resource_DynamicForwardProxy__Output } from '../../../agentgateway/dev/resource/DynamicForwardProxy.js';
import type { BackendPolicySpec as _agentgateway_dev_resource_BackendPolicySpec, BackendPolicySpec__Output as _agentgateway_dev_resource_BackendPolicySpec__Output } from '../../../agentgateway/dev/resource/BackendPolicySpec.js';
import type { AwsBackend as _agentgateway_dev_resource_AwsBackend, AwsBackend__Output as _agentgateway_dev_resource_AwsBackend__Output } from '../../../agentgateway/dev/resource/AwsBackend.js';
import type { GuardrailBackend as _agentgateway_dev_resource_GuardrailBackend, GuardrailBackend__Output as _agentgateway_dev_resource_GuardrailBackend__Output } from '../../../agentgateway/dev/resource/GuardrailBackend.js';
import type { ModelRouter as _agentgateway_dev_resource_ModelRouter, ModelRouter__Output as _agentgateway_dev_resource_ModelRouter__Output } from '../../../agentgateway/dev/resource/ModelRouter.js';

/**
 * A destination that is an object of its own. Key: NAMESPACE/NAME.
 */
export interface Backend {
  'key'?: (string);
  /**
   * Required: a backend without it is rejected.
   */
  'name'?: (_agentgateway_dev_resource_ResourceName | null);
  'static'?: (_agentgateway_dev_resource_StaticBackend | null);
  'ai'?: (_agentgateway_dev_resource_AIBackend | null);
  'mcp'?: (_agentgateway_dev_resource_MCPBackend | null);
  'dynamic'?: (_agentgateway_dev_resource_DynamicForwardProxy | null);
  'inlinePolicies'?: (_agentgateway_dev_resource_BackendPolicySpec)[];
  'aws'?: (_agentgateway_dev_resource_AwsBackend | null);
  'guardrail'?: (_agentgateway_dev_resource_GuardrailBackend | null);
  'modelRouter'?: (_agentgateway_dev_resource_ModelRouter | null);
  'kind'?: "static"|"ai"|"mcp"|"dynamic"|"aws"|"guardrail"|"modelRouter";
}

/**
 * A destination that is an object of its own. Key: NAMESPACE/NAME.
 */
export interface Backend__Output {
  'key'?: (string);
  /**
   * Required: a backend without it is rejected.
   */
  'name'?: (_agentgateway_dev_resource_ResourceName__Output);
  'static'?: (_agentgateway_dev_resource_StaticBackend__Output);
  'ai'?: (_agentgateway_dev_resource_AIBackend__Output);
  'mcp'?: (_agentgateway_dev_resource_MCPBackend__Output);
  'dynamic'?: (_agentgateway_dev_resource_DynamicForwardProxy__Output);
  'inlinePolicies': (_agentgateway_dev_resource_BackendPolicySpec__Output)[];
  'aws'?: (_agentgateway_dev_resource_AwsBackend__Output);
  'guardrail'?: (_agentgateway_dev_resource_GuardrailBackend__Output);
  'modelRouter'?: (_agentgateway_dev_resource_ModelRouter__Output);
  'kind'?: "static"|"ai"|"mcp"|"dynamic"|"aws"|"guardrail"|"modelRouter";
}
