// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Bind as _agentgateway_dev_resource_Bind, Bind__Output as _agentgateway_dev_resource_Bind__Output } from '../../../agentgateway/dev/resource/Bind.js';
import type { Listener as _agentgateway_dev_resource_Listener, Listener__Output as _agentgateway_dev_resource_Listener__Output } from '../../../agentgateway/dev/resource/Listener.js';
import type { Route as _agentgateway_dev_resource_Route, Route__Output as _agentgateway_dev_resource_Route__Output } from '../../../agentgateway/dev/resource/Route.js';
import type { Backend as _agentgateway_dev_resource_Backend, Backend__Output as _agentgateway_dev_resource_Backend__Output } from '../../../agentgateway/dev/resource/Backend.js';
import type { Policy as _agentgateway_dev_resource_Policy, Policy__Output as _agentgateway_dev_resource_Policy__Output } from '../../../agentgateway/dev/resource/Policy.js';
import type { TCPRoute as _agentgateway_dev_resource_TCPRoute, TCPRoute__Output as _agentgateway_dev_resource_TCPRoute__Output } from '../../../agentgateway/dev/resource/TCPRoute.js';
import type { Workload as _istio_workload_Workload, Workload__Output as _istio_workload_Workload__Output } from '../../../istio/workload/Workload.js';
import type { Service as _istio_workload_Service, Service__Output as _istio_workload_Service__Output } from '../../../istio/workload/Service.js';
import type { RouteGroup as _agentgateway_dev_resource_RouteGroup, RouteGroup__Output as _agentgateway_dev_resource_RouteGroup__Output } from '../../../agentgateway/dev/resource/RouteGroup.js';
import type { ModelRoute as _agentgateway_dev_resource_ModelRoute, ModelRoute__Output as _agentgateway_dev_resource_ModelRoute__Output } from '../../../agentgateway/dev/resource/ModelRoute.js';

/**
 * One configuration object; a oneof without a value means a kind this build does not know.
 */
export interface Resource {
  'bind'?: (_agentgateway_dev_resource_Bind | null);
  'listener'?: (_agentgateway_dev_resource_Listener | null);
  'route'?: (_agentgateway_dev_resource_Route | null);
  'backend'?: (_agentgateway_dev_resource_Backend | null);
  'policy'?: (_agentgateway_dev_resource_Policy | null);
  'tcpRoute'?: (_agentgateway_dev_resource_TCPRoute | null);
  'workload'?: (_istio_workload_Workload | null);
  'service'?: (_istio_workload_Service | null);
  'routeGroup'?: (_agentgateway_dev_resource_RouteGroup | null);
  'modelRoute'?: (_agentgateway_dev_resource_ModelRoute | null);
  'kind'?: "bind"|"listener"|"route"|"backend"|"policy"|"tcpRoute"|"workload"|"service"|"routeGroup"|"modelRoute";
}

/**
 * One configuration object; a oneof without a value means a kind this build does not know.
 */
export interface Resource__Output {
  'bind'?: (_agentgateway_dev_resource_Bind__Output);
  'listener'?: (_agentgateway_dev_resource_Listener__Output);
  'route'?: (_agentgateway_dev_resource_Route__Output);
  'backend'?: (_agentgateway_dev_resource_Backend__Output);
  'policy'?: (_agentgateway_dev_resource_Policy__Output);
  'tcpRoute'?: (_agentgateway_dev_resource_TCPRoute__Output);
  'workload'?: (_istio_workload_Workload__Output);
  'service'?: (_istio_workload_Service__Output);
  'routeGroup'?: (_agentgateway_dev_resource_RouteGroup__Output);
  'modelRoute'?: (_agentgateway_dev_resource_ModelRoute__Output);
  'kind'?: "bind"|"listener"|"route"|"backend"|"policy"|"tcpRoute"|"workload"|"service"|"routeGroup"|"modelRoute";
}
