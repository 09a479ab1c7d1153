// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * A backend, or one of its sections.
 */
export interface _agentgateway_dev_resource_PolicyTarget_BackendTarget {
  'name'?: (string);
  'namespace'?: (string);
  'section'?: (string);
  '_section'?: "section";
}

/**
 * A backend, or one of its sections.
 */
export interface _agentgateway_dev_resource_PolicyTarget_BackendTarget__Output {
  'name'?: (string);
  'namespace'?: (string);
  'section'?: (string);
  '_section'?: "section";
}

/**
 * A Gateway, one of its ports, or one of its listeners. Port and listener exclude each other.
 */
export interface _agentgateway_dev_resource_PolicyTarget_GatewayTarget {
  'name'?: (string);
  'namespace'?: (string);
  'listener'?: (string);
  /**
   * 1..65535; proxies before v1.2 skip it and take the policy for the whole Gateway.
   */
  'port'?: (number);
  '_listener'?: "listener";
  '_port'?: "port";
}

/**
 * A Gateway, one of its ports, or one of its listeners. Port and listener exclude each other.
 */
export interface _agentgateway_dev_resource_PolicyTarget_GatewayTarget__Output {
  'name'?: (string);
  'namespace'?: (string);
  'listener'?: (string);
  /**
   * 1..65535; proxies before v1.2 skip it and take the policy for the whole Gateway.
   */
  'port'?: (number);
  '_listener'?: "listener";
  '_port'?: "port";
}

/**
 * A ListenerSet, or one of its listeners.
 */
export interface _agentgateway_dev_resource_PolicyTarget_ListenerSetTarget {
  'name'?: (string);
  'namespace'?: (string);
  'section'?: (string);
  '_section'?: "section";
}

/**
 * A ListenerSet, or one of its listeners.
 */
export interface _agentgateway_dev_resource_PolicyTarget_ListenerSetTarget__Output {
  'name'?: (string);
  'namespace'?: (string);
  'section'?: (string);
  '_section'?: "section";
}

/**
 * A route, or one of its rules.
 */
export interface _agentgateway_dev_resource_PolicyTarget_RouteTarget {
  'name'?: (string);
  'namespace'?: (string);
  'routeRule'?: (string);
  'kind'?: (string);
  '_routeRule'?: "routeRule";
}

/**
 * A route, or one of its rules.
 */
export interface _agentgateway_dev_resource_PolicyTarget_RouteTarget__Output {
  'name'?: (string);
  'namespace'?: (string);
  'routeRule'?: (string);
  'kind'?: (string);
  '_routeRule'?: "routeRule";
}

/**
 * A service, or one of its ports.
 */
export interface _agentgateway_dev_resource_PolicyTarget_ServiceTarget {
  'namespace'?: (string);
  'hostname'?: (string);
  'port'?: (number);
  '_port'?: "port";
}

/**
 * A service, or one of its ports.
 */
export interface _agentgateway_dev_resource_PolicyTarget_ServiceTarget__Output {
  'namespace'?: (string);
  'hostname'?: (string);
  'port'?: (number);
  '_port'?: "port";
}

/**
 * What a policy is attached to.
 */
export interface PolicyTarget {
  'gateway'?: (_agentgateway_dev_resource_PolicyTarget_GatewayTarget | null);
  'route'?: (_agentgateway_dev_resource_PolicyTarget_RouteTarget | null);
  'backend'?: (_agentgateway_dev_resource_PolicyTarget_BackendTarget | null);
  'service'?: (_agentgateway_dev_resource_PolicyTarget_ServiceTarget | null);
  'listenerSet'?: (_agentgateway_dev_resource_PolicyTarget_ListenerSetTarget | null);
  'kind'?: "gateway"|"route"|"backend"|"service"|"listenerSet";
}

/**
 * What a policy is attached to.
 */
export interface PolicyTarget__Output {
  'gateway'?: (_agentgateway_dev_resource_PolicyTarget_GatewayTarget__Output);
  'route'?: (_agentgateway_dev_resource_PolicyTarget_RouteTarget__Output);
  'backend'?: (_agentgateway_dev_resource_PolicyTarget_BackendTarget__Output);
  'service'?: (_agentgateway_dev_resource_PolicyTarget_ServiceTarget__Output);
  'listenerSet'?: (_agentgateway_dev_resource_PolicyTarget_ListenerSetTarget__Output);
  'kind'?: "gateway"|"route"|"backend"|"service"|"listenerSet";
}
