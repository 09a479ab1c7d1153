// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * So many bytes more may be sent.
 */
export interface TunnelWindow {
  'bytes'?: (number);
}

/**
 * So many bytes more may be sent.
 */
export interface TunnelWindow__Output {
  'bytes'?: (number);
}
