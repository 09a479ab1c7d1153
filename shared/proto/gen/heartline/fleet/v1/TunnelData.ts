// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * Bytes, at most 32 KiB; end says that no more come from this side.
 */
export interface TunnelData {
  'data'?: (Buffer | Uint8Array | string);
  'end'?: (boolean);
}

/**
 * Bytes, at most 32 KiB; end says that no more come from this side.
 */
export interface TunnelData__Output {
  'data'?: (Buffer);
  'end'?: (boolean);
}
