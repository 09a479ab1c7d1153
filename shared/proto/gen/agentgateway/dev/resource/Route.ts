// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { RouteName as _agentgateway_dev_resource_RouteName, RouteName__Output as _agentgateway_dev_resource_RouteName__Output } from '../../../agentgateway/dev/resource/RouteName.js';
import type { RouteMatch as _agentgateway_dev_resource_RouteMatch, RouteMatch__Output as _agentgateway_dev_resource_RouteMatch__Output } from '../../../agentgateway/dev/resource/RouteMatch.js';
import type { RouteBackend as _agentgateway_dev_resource_RouteBackend, RouteBackend__Output as _agentgateway_dev_resource_RouteBackend__Output } from '../../../agentgateway/dev/resource/RouteBackend.js';
import type { TrafficPolicySpec as _agentgateway_dev_resource_TrafficPolicySpec, TrafficPolicySpec__Output as _agentgateway_dev_resource_TrafficPolicySpec__Output } from '../../../agentgateway/dev/resource/TrafficPolicySpec.js';
import type { NamespacedHostname as _istio_workload_NamespacedHostname, NamespacedHostname__Output as _istio_workload_NamespacedHostname__Output } from '../../../istio/workload/NamespacedHostname.js';

/**
 * One rule of an HTTPRoute or GRPCRoute on one listener, with all its matches.
 */
export interface Route {
  'key'?: (string);
  /**
   * Listener.key; empty when the route belongs to a route group or a service.
   */
  'listenerKey'?: (string);
  /**
   * Required: a route without it is rejected.
   */
  'name'?: (_agentgateway_dev_resource_RouteName | null);
  /**
   * Empty: any host.
   */
  'hostnames'?: (string)[];
  /**
   * Any one of them suffices; empty: every request.
   */
  'matches'?: (_agentgateway_dev_resource_RouteMatch)[];
  'backends'?: (_agentgateway_dev_resource_RouteBackend)[];
  'trafficPolicies'?: (_agentgateway_dev_resource_TrafficPolicySpec)[];
  'serviceKey'?: (_istio_workload_NamespacedHostname | null);
  'routeGroupKey'?: (string);
  'servicePort'?: (number);
  '_routeGroupKey'?: "routeGroupKey";
  '_servicePort'?: "servicePort";
}

/**
 * One rule of an HTTPRoute or GRPCRoute on one listener, with all its matches.
 */
export interface Route__Output {
  'key'?: (string);
  /**
   * Listener.key; empty when the route belongs to a route group or a service.
   */
  'listenerKey'?: (string);
  /**
   * Required: a route without it is rejected.
   */
  'name'?: (_agentgateway_dev_resource_RouteName__Output);
  /**
   * Empty: any host.
   */
  'hostnames': (string)[];
  /**
   * Any one of them suffices; empty: every request.
   */
  'matches': (_agentgateway_dev_resource_RouteMatch__Output)[];
  'backends': (_agentgateway_dev_resource_RouteBackend__Output)[];
  'trafficPolicies': (_agentgateway_dev_resource_TrafficPolicySpec__Output)[];
  'serviceKey'?: (_istio_workload_NamespacedHostname__Output);
  'routeGroupKey'?: (string);
  'servicePort'?: (number);
  '_routeGroupKey'?: "routeGroupKey";
  '_servicePort'?: "servicePort";
}
