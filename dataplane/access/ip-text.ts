// SPDX-License-Identifier: Apache-2.0
import ipaddr from 'ipaddr.js';

export type Ip = ipaddr.IPv4 | ipaddr.IPv6;
export type Cidr = [Ip, number];

/**
 * An IP address in its usual text; undefined for anything else. IPv4 takes four decimal parts alone: forms such as `0x7f.1` mean
 * different addresses to different readers. An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) is the IPv4 address, as
 * everywhere in this worker; a zone (`%eth0`) is left out.
 */
export function parseIp(text: string): Ip | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':')) return undefined;
  const groups = text.includes('.') ? withoutDots(text) : text;
  const address = groups === undefined ? undefined : parseIpv6(groups);
  if (address?.isIPv4MappedAddress()) return address.toIPv4Address();
  return address?.zoneId === undefined ? address : new ipaddr.IPv6(address.parts);
}

/** The address of 4 or 16 bytes in network order; an IPv4 address in IPv6 clothes is the IPv4 one. */
export function ipOfBytes(bytes: Uint8Array): Ip {
  const ip = ipaddr.fromByteArray([...bytes]);
  return ip.kind() === 'ipv6' && (ip as ipaddr.IPv6).isIPv4MappedAddress()
    ? (ip as ipaddr.IPv6).toIPv4Address()
    : ip;
}

/** The library reads `::1.2.3.4` as `::ffff:1.2.3.4`, which is another address. */
function withoutDots(text: string): string | undefined {
  const at = text.lastIndexOf(':') + 1;
  const last = text.slice(at);
  if (!ipaddr.IPv4.isValidFourPartDecimal(last)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(last).octets;
  const group = (high: number, low: number): string => ((high << 8) | low).toString(16);
  return `${text.slice(0, at)}${group(a, b)}:${group(c, d)}`;
}

/** The library's own check is another parse, of 8 µs. */
function parseIpv6(text: string): ipaddr.IPv6 | undefined {
  try {
    return ipaddr.IPv6.parse(text);
  } catch {
    return undefined;
  }
}

/** `ADDRESS/BITS`; undefined for anything else. Bits after the prefix are kept and never compared. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', bits = '', ...more] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined || more.length > 0 || !/^\d{1,3}$/.test(bits)) return undefined;
  return Number(bits) <= bitsOf(ip) && ip.kind() === kindOf(address)
    ? [ip, Number(bits)]
    : undefined;
}

export function contains(network: Cidr, ip: Ip): boolean {
  return network[0].kind() === ip.kind() && ip.match(network);
}

/** Shortest usual text: two addresses are equal when it is. */
export function formatIp(ip: Ip): string {
  return ip.toString();
}

/** The network's first address and its bits. */
export function maskCidr([ip, bits]: Cidr): Cidr {
  const bytes = ip.toByteArray().map((byte, at) => {
    const kept = Math.min(8, Math.max(0, bits - at * 8));
    return byte & (0xff00 >> kept);
  });
  return [ipaddr.fromByteArray(bytes), bits];
}

function bitsOf(ip: Ip): number {
  return ip.kind() === 'ipv4' ? 32 : 128;
}

function kindOf(text: string): 'ipv4' | 'ipv6' {
  return text.includes(':') ? 'ipv6' : 'ipv4';
}
