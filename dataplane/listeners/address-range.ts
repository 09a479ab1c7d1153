// SPDX-License-Identifier: Apache-2.0
import { BlockList } from 'node:net';
import { ipBytes } from '../../shared/names/ip-address.js';
import type { AddressRange } from '../engine/engine.js';

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; undefined when it is none of them. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [address = '', bits, ...more] = text.split('/');
  const bytes = ipBytes(address);
  if (bytes === undefined || more.length > 0) return undefined;
  const longest = bytes.length * 8;
  if (bits === undefined) return { address, prefix: longest };
  const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  return prefix <= longest ? { address, prefix } : undefined;
}

const MAPPED_IPV4 = '::ffff:';

/** Node's own test of a range; it takes a mapped IPv4 address for the IPv4 address that it is. */
export function rangeTest({
  address,
  prefix,
}: AddressRange): (text: string | undefined) => boolean {
  const list = new BlockList();
  list.addSubnet(address, prefix, address.includes(':') ? 'ipv6' : 'ipv4');
  return (text) => {
    if (text === undefined) return false;
    const plain = text.startsWith(MAPPED_IPV4) ? text.slice(MAPPED_IPV4.length) : text;
    return list.check(plain, plain.includes(':') ? 'ipv6' : 'ipv4');
  };
}
