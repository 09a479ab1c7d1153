// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * One listening socket.
 */
export interface ListenerReport {
  /**
   * Bind.key of the resource.
   */
  'bindKey'?: (string);
  /**
   * Port of the Gateway listener, before any --port-offset.
   */
  'port'?: (number);
  /**
   * The listening socket holds the plan's values, read back.
   */
  'inForce'?: (boolean);
  /**
   * Connections accepted here that are open now.
   */
  'connectionsOpen'?: (number);
  /**
   * Of those: in force.
   */
  'connectionsInForce'?: (number);
  /**
   * Why the socket is not in force, such as "bind 0.0.0.0:8080: EADDRINUSE"; empty when it is.
   */
  'error'?: (string);
}

/**
 * One listening socket.
 */
export interface ListenerReport__Output {
  /**
   * Bind.key of the resource.
   */
  'bindKey'?: (string);
  /**
   * Port of the Gateway listener, before any --port-offset.
   */
  'port'?: (number);
  /**
   * The listening socket holds the plan's values, read back.
   */
  'inForce'?: (boolean);
  /**
   * Connections accepted here that are open now.
   */
  'connectionsOpen'?: (number);
  /**
   * Of those: in force.
   */
  'connectionsInForce'?: (number);
  /**
   * Why the socket is not in force, such as "bind 0.0.0.0:8080: EADDRINUSE"; empty when it is.
   */
  'error'?: (string);
}
