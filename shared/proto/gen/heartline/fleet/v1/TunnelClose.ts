// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * The tunnel is over in both directions. Frames of it that cross this one on the way are ignored.
 */
export interface TunnelClose {
  /**
   * A sentence for the person who forwards; empty after an orderly end.
   */
  'error'?: (string);
}

/**
 * The tunnel is over in both directions. Frames of it that cross this one on the way are ignored.
 */
export interface TunnelClose__Output {
  /**
   * A sentence for the person who forwards; empty after an orderly end.
   */
  'error'?: (string);
}
