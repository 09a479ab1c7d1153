// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Struct as _google_protobuf_Struct, Struct__Output as _google_protobuf_Struct__Output } from '../../../../google/protobuf/Struct.js';
import type { Locality as _envoy_config_core_v3_Locality, Locality__Output as _envoy_config_core_v3_Locality__Output } from '../../../../envoy/config/core/v3/Locality.js';
import type { BuildVersion as _envoy_config_core_v3_BuildVersion, BuildVersion__Output as _envoy_config_core_v3_BuildVersion__Output } from '../../../../envoy/config/core/v3/BuildVersion.js';
import type { Extension as _envoy_config_core_v3_Extension, Extension__Output as _envoy_config_core_v3_Extension__Output } from '../../../../envoy/config/core/v3/Extension.js';
import type { Address as _envoy_config_core_v3_Address, Address__Output as _envoy_config_core_v3_Address__Output } from '../../../../envoy/config/core/v3/Address.js';
import type { ContextParams as _envoy_config_core_v3_ContextParams, ContextParams__Output as _envoy_config_core_v3_ContextParams__Output } from '../../../../envoy/config/core/v3/ContextParams.js';

/**
 * Who opened a stream. Only the first request of a stream is sure to carry it.
 */
export interface Node {
  'id'?: (string);
  'cluster'?: (string);
  /**
   * agentgateway puts its Gateway here: `role` is NAMESPACE~NAME.
   */
  'metadata'?: (_google_protobuf_Struct | null);
  'locality'?: (_envoy_config_core_v3_Locality | null);
  /**
   * Reserved in today's Envoy; the reference proxy still declares it as a string.
   */
  'buildVersion'?: (string);
  'userAgentName'?: (string);
  'userAgentVersion'?: (string);
  'userAgentBuildVersion'?: (_envoy_config_core_v3_BuildVersion | null);
  'extensions'?: (_envoy_config_core_v3_Extension)[];
  /**
   * Dotted names of protocol features the client knows.
   */
  'clientFeatures'?: (string)[];
  /**
   * @deprecated
   */
  'listeningAddresses'?: (_envoy_config_core_v3_Address)[];
  'dynamicParameters'?: ({[key: string]: _envoy_config_core_v3_ContextParams});
  'userAgentVersionType'?: "userAgentVersion"|"userAgentBuildVersion";
}

/**
 * Who opened a stream. Only the first request of a stream is sure to carry it.
 */
export interface Node__Output {
  'id'?: (string);
  'cluster'?: (string);
  /**
   * agentgateway puts its Gateway here: `role` is NAMESPACE~NAME.
   */
  'metadata'?: (_google_protobuf_Struct__Output);
  'locality'?: (_envoy_config_core_v3_Locality__Output);
  /**
   * Reserved in today's Envoy; the reference proxy still declares it as a string.
   */
  'buildVersion'?: (string);
  'userAgentName'?: (string);
  'userAgentVersion'?: (string);
  'userAgentBuildVersion'?: (_envoy_config_core_v3_BuildVersion__Output);
  'extensions': (_envoy_config_core_v3_Extension__Output)[];
  /**
   * Dotted names of protocol features the client knows.
   */
  'clientFeatures': (string)[];
  /**
   * @deprecated
   */
  'listeningAddresses': (_envoy_config_core_v3_Address__Output)[];
  'dynamicParameters'?: ({[key: string]: _envoy_config_core_v3_ContextParams__Output});
  'userAgentVersionType'?: "userAgentVersion"|"userAgentBuildVersion";
}
