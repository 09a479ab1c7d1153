// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * The server's first message.
 */
export interface Welcome {
  /**
   * Names this stream; each report repeats it, so that a report of an earlier stream is never taken for a new one.
   */
  'sessionId'?: (string);
  /**
   * Identifier of the control plane instance, the same text as ControlPlane.identifier of xDS.
   */
  'controlPlane'?: (string);
}

/**
 * The server's first message.
 */
export interface Welcome__Output {
  /**
   * Names this stream; each report repeats it, so that a report of an earlier stream is never taken for a new one.
   */
  'sessionId'?: (string);
  /**
   * Identifier of the control plane instance, the same text as ControlPlane.identifier of xDS.
   */
  'controlPlane'?: (string);
}
