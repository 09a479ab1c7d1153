// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Where an endpoint runs, coarse to fine.
 */
export interface Locality {
  'region'?: (string);
  'zone'?: (string);
  'subzone'?: (string);
}

/**
 * Where an endpoint runs, coarse to fine.
 */
export interface Locality__Output {
  'region'?: (string);
  'zone'?: (string);
  'subzone'?: (string);
}
