// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Whether the bind opens a socket or is only reached from inside the proxy.
 */
export const _agentgateway_dev_resource_Bind_Mode = {
  STANDARD: 'STANDARD',
  INTERNAL: 'INTERNAL',
} as const;

/**
 * Whether the bind opens a socket or is only reached from inside the proxy.
 */
export type _agentgateway_dev_resource_Bind_Mode =
  | 'STANDARD'
  | 0
  | 'INTERNAL'
  | 1

/**
 * Whether the bind opens a socket or is only reached from inside the proxy.
 */
export type _agentgateway_dev_resource_Bind_Mode__Output = typeof _agentgateway_dev_resource_Bind_Mode[keyof typeof _agentgateway_dev_resource_Bind_Mode]


/**
 * What the first bytes of a connection are.
 */
export const _agentgateway_dev_resource_Bind_Protocol = {
  HTTP: 'HTTP',
  TCP: 'TCP',
  TLS: 'TLS',
} as const;

/**
 * What the first bytes of a connection are.
 */
export type _agentgateway_dev_resource_Bind_Protocol =
  | 'HTTP'
  | 0
  | 'TCP'
  | 1
  | 'TLS'
  | 2

/**
 * What the first bytes of a connection are.
 */
export type _agentgateway_dev_resource_Bind_Protocol__Output = typeof _agentgateway_dev_resource_Bind_Protocol[keyof typeof _agentgateway_dev_resource_Bind_Protocol]


/**
 * What is wrapped around Protocol.
 */
export const _agentgateway_dev_resource_Bind_TunnelProtocol = {
  DIRECT: 'DIRECT',
  PROXY: 'PROXY',
  HBONE_WAYPOINT: 'HBONE_WAYPOINT',
  HBONE_GATEWAY: 'HBONE_GATEWAY',
  CONNECT: 'CONNECT',
} as const;

/**
 * What is wrapped around Protocol.
 */
export type _agentgateway_dev_resource_Bind_TunnelProtocol =
  | 'DIRECT'
  | 0
  | 'PROXY'
  | 1
  | 'HBONE_WAYPOINT'
  | 2
  | 'HBONE_GATEWAY'
  | 3
  | 'CONNECT'
  | 4

/**
 * What is wrapped around Protocol.
 */
export type _agentgateway_dev_resource_Bind_TunnelProtocol__Output = typeof _agentgateway_dev_resource_Bind_TunnelProtocol[keyof typeof _agentgateway_dev_resource_Bind_TunnelProtocol]

/**
 * A socket to listen on. Key: PORT/NAMESPACE/GATEWAY.
 */
export interface Bind {
  'key'?: (string);
  'port'?: (number);
  'protocol'?: (_agentgateway_dev_resource_Bind_Protocol);
  'tunnelProtocol'?: (_agentgateway_dev_resource_Bind_TunnelProtocol);
  'mode'?: (_agentgateway_dev_resource_Bind_Mode);
}

/**
 * A socket to listen on. Key: PORT/NAMESPACE/GATEWAY.
 */
export interface Bind__Output {
  'key'?: (string);
  'port'?: (number);
  'protocol'?: (_agentgateway_dev_resource_Bind_Protocol__Output);
  'tunnelProtocol'?: (_agentgateway_dev_resource_Bind_TunnelProtocol__Output);
  'mode'?: (_agentgateway_dev_resource_Bind_Mode__Output);
}
