// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Which control plane instance wrote a response.
 */
export interface ControlPlane {
  'identifier'?: (string);
}

/**
 * Which control plane instance wrote a response.
 */
export interface ControlPlane__Output {
  'identifier'?: (string);
}
