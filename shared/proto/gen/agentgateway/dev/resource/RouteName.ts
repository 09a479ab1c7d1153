// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Which rule of which route object.
 */
export interface RouteName {
  'kind'?: (string);
  'name'?: (string);
  'namespace'?: (string);
  'ruleName'?: (string);
  '_ruleName'?: "ruleName";
}

/**
 * Which rule of which route object.
 */
export interface RouteName__Output {
  'kind'?: (string);
  'name'?: (string);
  'namespace'?: (string);
  'ruleName'?: (string);
  '_ruleName'?: "ruleName";
}
