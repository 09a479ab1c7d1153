// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * A destination written out in place.
 */
export interface _agentgateway_dev_resource_BackendReference_Inline {
  'hostname'?: (string);
  'port'?: (number);
}

/**
 * A destination written out in place.
 */
export interface _agentgateway_dev_resource_BackendReference_Inline__Output {
  'hostname'?: (string);
  'port'?: (number);
}

/**
 * A service of the Address type.
 */
export interface _agentgateway_dev_resource_BackendReference_Service {
  'namespace'?: (string);
  'hostname'?: (string);
}

/**
 * A service of the Address type.
 */
export interface _agentgateway_dev_resource_BackendReference_Service__Output {
  'namespace'?: (string);
  'hostname'?: (string);
}

/**
 * Where traffic goes.
 */
export interface BackendReference {
  'service'?: (_agentgateway_dev_resource_BackendReference_Service | null);
  /**
   * Backend.key.
   */
  'backend'?: (string);
  /**
   * Only with service.
   */
  'port'?: (number);
  'inline'?: (_agentgateway_dev_resource_BackendReference_Inline | null);
  'kind'?: "service"|"backend"|"inline";
}

/**
 * Where traffic goes.
 */
export interface BackendReference__Output {
  'service'?: (_agentgateway_dev_resource_BackendReference_Service__Output);
  /**
   * Backend.key.
   */
  'backend'?: (string);
  /**
   * Only with service.
   */
  'port'?: (number);
  'inline'?: (_agentgateway_dev_resource_BackendReference_Inline__Output);
  'kind'?: "service"|"backend"|"inline";
}
