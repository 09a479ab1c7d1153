// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * How traffic is wrapped on its way to an endpoint.
 */
export const TunnelProtocol = {
  NONE: 'NONE',
  HBONE: 'HBONE',
  LEGACY_ISTIO_MTLS: 'LEGACY_ISTIO_MTLS',
} as const;

/**
 * How traffic is wrapped on its way to an endpoint.
 */
export type TunnelProtocol =
  | 'NONE'
  | 0
  | 'HBONE'
  | 1
  | 'LEGACY_ISTIO_MTLS'
  | 2

/**
 * How traffic is wrapped on its way to an endpoint.
 */
export type TunnelProtocol__Output = typeof TunnelProtocol[keyof typeof TunnelProtocol]
