// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Stands for xds.core.v3.ContextParams, which has the same bytes.
 */
export interface ContextParams {
  'params'?: ({[key: string]: string});
}

/**
 * Stands for xds.core.v3.ContextParams, which has the same bytes.
 */
export interface ContextParams__Output {
  'params'?: ({[key: string]: string});
}
