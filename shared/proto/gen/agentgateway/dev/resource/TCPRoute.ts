// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { RouteName as _agentgateway_dev_resource_RouteName, RouteName__Output as _agentgateway_dev_resource_RouteName__Output } from '../../../agentgateway/dev/resource/RouteName.js';
import type { RouteBackend as _agentgateway_dev_resource_RouteBackend, RouteBackend__Output as _agentgateway_dev_resource_RouteBackend__Output } from '../../../agentgateway/dev/resource/RouteBackend.js';
import type { NamespacedHostname as _istio_workload_NamespacedHostname, NamespacedHostname__Output as _istio_workload_NamespacedHostname__Output } from '../../../istio/workload/NamespacedHostname.js';

/**
 * One rule of a TCPRoute on one listener.
 */
export interface TCPRoute {
  'key'?: (string);
  /**
   * Listener.key; empty when the route belongs to a service.
   */
  'listenerKey'?: (string);
  /**
   * Required: a route without it is rejected.
   */
  'name'?: (_agentgateway_dev_resource_RouteName | null);
  'hostnames'?: (string)[];
  'backends'?: (_agentgateway_dev_resource_RouteBackend)[];
  'serviceKey'?: (_istio_workload_NamespacedHostname | null);
  'servicePort'?: (number);
  '_servicePort'?: "servicePort";
}

/**
 * One rule of a TCPRoute on one listener.
 */
export interface TCPRoute__Output {
  'key'?: (string);
  /**
   * Listener.key; empty when the route belongs to a service.
   */
  'listenerKey'?: (string);
  /**
   * Required: a route without it is rejected.
   */
  'name'?: (_agentgateway_dev_resource_RouteName__Output);
  'hostnames': (string)[];
  'backends': (_agentgateway_dev_resource_RouteBackend__Output)[];
  'serviceKey'?: (_istio_workload_NamespacedHostname__Output);
  'servicePort'?: (number);
  '_servicePort'?: "servicePort";
}
