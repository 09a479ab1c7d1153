// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
/**
 * An address inside one network.
 */
export interface NetworkAddress {
  'network'?: (string);
  /**
   * 4 or 16 bytes.
   */
  'address'?: (Buffer | Uint8Array | string);
  /**
   * Prefix length in bits; absent means a single address.
   */
  'length'?: (number);
  '_length'?: "length";
}

/**
 * An address inside one network.
 */
export interface NetworkAddress__Output {
  'network'?: (string);
  /**
   * 4 or 16 bytes.
   */
  'address'?: (Buffer);
  /**
   * Prefix length in bits; absent means a single address.
   */
  'length'?: (number);
  '_length'?: "length";
}
