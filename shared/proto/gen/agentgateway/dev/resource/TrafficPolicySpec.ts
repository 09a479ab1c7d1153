// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Timeout as _agentgateway_dev_resource_Timeout, Timeout__Output as _agentgateway_dev_resource_Timeout__Output } from '../../../agentgateway/dev/resource/Timeout.js';
import type { HeaderModifier as _agentgateway_dev_resource_HeaderModifier, HeaderModifier__Output as _agentgateway_dev_resource_HeaderModifier__Output } from '../../../agentgateway/dev/resource/HeaderModifier.js';
import type { RequestRedirect as _agentgateway_dev_resource_RequestRedirect, RequestRedirect__Output as _agentgateway_dev_resource_RequestRedirect__Output } from '../../../agentgateway/dev/resource/RequestRedirect.js';
import type { UrlRewrite as _agentgateway_dev_resource_UrlRewrite, UrlRewrite__Output as _agentgateway_dev_resource_UrlRewrite__Output } from '../../../agentgateway/dev/resource/UrlRewrite.js';

/**
 * A filter on requests. Kinds that are not listed here are decoded as none, and close the route they are on.
 */
export interface TrafficPolicySpec {
  'timeout'?: (_agentgateway_dev_resource_Timeout | null);
  'requestHeaderModifier'?: (_agentgateway_dev_resource_HeaderModifier | null);
  'responseHeaderModifier'?: (_agentgateway_dev_resource_HeaderModifier | null);
  'requestRedirect'?: (_agentgateway_dev_resource_RequestRedirect | null);
  'urlRewrite'?: (_agentgateway_dev_resource_UrlRewrite | null);
  'kind'?: "timeout"|"requestHeaderModifier"|"responseHeaderModifier"|"requestRedirect"|"urlRewrite";
}

/**
 * A filter on requests. Kinds that are not listed here are decoded as none, and close the route they are on.
 */
export interface TrafficPolicySpec__Output {
  'timeout'?: (_agentgateway_dev_resource_Timeout__Output);
  'requestHeaderModifier'?: (_agentgateway_dev_resource_HeaderModifier__Output);
  'responseHeaderModifier'?: (_agentgateway_dev_resource_HeaderModifier__Output);
  'requestRedirect'?: (_agentgateway_dev_resource_RequestRedirect__Output);
  'urlRewrite'?: (_agentgateway_dev_resource_UrlRewrite__Output);
  'kind'?: "timeout"|"requestHeaderModifier"|"responseHeaderModifier"|"requestRedirect"|"urlRewrite";
}
