// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { PathMatch as _agentgateway_dev_resource_PathMatch, PathMatch__Output as _agentgateway_dev_resource_PathMatch__Output } from '../../../agentgateway/dev/resource/PathMatch.js';
import type { HeaderMatch as _agentgateway_dev_resource_HeaderMatch, HeaderMatch__Output as _agentgateway_dev_resource_HeaderMatch__Output } from '../../../agentgateway/dev/resource/HeaderMatch.js';
import type { MethodMatch as _agentgateway_dev_resource_MethodMatch, MethodMatch__Output as _agentgateway_dev_resource_MethodMatch__Output } from '../../../agentgateway/dev/resource/MethodMatch.js';
import type { QueryMatch as _agentgateway_dev_resource_QueryMatch, QueryMatch__Output as _agentgateway_dev_resource_QueryMatch__Output } from '../../../agentgateway/dev/resource/QueryMatch.js';

/**
 * Conditions on a request; all that are set must hold.
 */
export interface RouteMatch {
  'path'?: (_agentgateway_dev_resource_PathMatch | null);
  'headers'?: (_agentgateway_dev_resource_HeaderMatch)[];
  'method'?: (_agentgateway_dev_resource_MethodMatch | null);
  'queryParams'?: (_agentgateway_dev_resource_QueryMatch)[];
}

/**
 * Conditions on a request; all that are set must hold.
 */
export interface RouteMatch__Output {
  'path'?: (_agentgateway_dev_resource_PathMatch__Output);
  'headers': (_agentgateway_dev_resource_HeaderMatch__Output)[];
  'method'?: (_agentgateway_dev_resource_MethodMatch__Output);
  'queryParams': (_agentgateway_dev_resource_QueryMatch__Output)[];
}
