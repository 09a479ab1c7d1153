// SPDX-License-Identifier: Apache-2.0
import { type CelFunc, CelScalar, celFunc, celMethod } from '@bufbuild/cel';
import { type Cidr, contains, formatIp, type Ip, maskCidr, parseCidr, parseIp } from './ip-text.js';

const { BOOL, INT, STRING } = CelScalar;

/** Networks that were read already: the same few literals are compared with every connection. */
const MAX_REMEMBERED = 1024;

/**
 * The address functions of Kubernetes and of the reference proxy: `cidr`, `isCIDR`, `ip`, `isIP`, and the methods
 * `containsIP`, `containsCIDR`, `masked`, `prefixLength`, `ip` of a network, `family`, `isLoopback`, `isUnspecified`,
 * `isLinkLocalUnicast`, `isLinkLocalMulticast`, `isGlobalUnicast` of an address. Addresses and networks are strings in their
 * shortest form, so `==` compares them; what is no address is an error.
 */
export function ipFunctions(): CelFunc[] {
  const networks = new Map<string, Cidr>();
  const toCidr = (text: string): Cidr => {
    const known = networks.get(text);
    if (known !== undefined) return known;
    const cidr = parseCidr(text);
    if (cidr === undefined) throw new Error(`${JSON.stringify(text)} is no CIDR`);
    if (networks.size >= MAX_REMEMBERED) networks.clear();
    networks.set(text, cidr);
    return cidr;
  };
  // Every expression asks about the address of the same connection.
  let lastText = '';
  let lastIp: Ip | undefined;
  const toIp = (text: string): Ip => {
    if (text !== lastText || lastIp === undefined) {
      lastText = text;
      lastIp = parseIp(text);
    }
    if (lastIp === undefined) throw new Error(`${JSON.stringify(text)} is no IP address`);
    return lastIp;
  };
  const ofCidr = (text: string, [ip, bits]: Cidr): string => {
    const canonical = `${formatIp(ip)}/${bits}`;
    return canonical === text ? text : canonical;
  };
  const ofIp = (name: string, holds: (ip: Ip) => boolean): CelFunc =>
    celMethod(name, STRING, [], BOOL, function (): boolean {
      return holds(toIp(this));
    });
  return [
    celFunc('cidr', [STRING], STRING, (text) => ofCidr(text, toCidr(text))),
    celFunc('isCIDR', [STRING], BOOL, (text) => parseCidr(text) !== undefined),
    celFunc('ip', [STRING], STRING, (text) => formatIp(toIp(text))),
    celFunc('isIP', [STRING], BOOL, (text) => parseIp(text) !== undefined),
    celMethod('containsIP', STRING, [STRING], BOOL, function (text): boolean {
      return contains(toCidr(this), toIp(text));
    }),
    celMethod('containsCIDR', STRING, [STRING], BOOL, function (text): boolean {
      const [ip, bits] = toCidr(text);
      const outer = toCidr(this);
      return bits >= outer[1] && contains(outer, ip);
    }),
    celMethod('masked', STRING, [], STRING, function (): string {
      return ofCidr(this, maskCidr(toCidr(this)));
    }),
    celMethod('prefixLength', STRING, [], INT, function (): bigint {
      return BigInt(toCidr(this)[1]);
    }),
    celMethod('ip', STRING, [], STRING, function (): string {
      return formatIp(toCidr(this)[0]);
    }),
    celMethod('family', STRING, [], INT, function (): bigint {
      return toIp(this).kind() === 'ipv4' ? 4n : 6n;
    }),
    ofIp('isLoopback', (ip) => ip.range() === 'loopback'),
    ofIp('isUnspecified', (ip) => formatIp(ip) === '0.0.0.0' || formatIp(ip) === '::'),
    ofIp('isLinkLocalUnicast', (ip) => ip.range() === 'linkLocal'),
    ofIp('isLinkLocalMulticast', isLinkLocalMulticast),
    ofIp('isGlobalUnicast', isGlobalUnicast),
  ];
}

/** 224.0.0.0/24 (RFC 5771 §4) and ffx2::/16 (RFC 4291 §2.7). */
function isLinkLocalMulticast(ip: Ip): boolean {
  const [a = 0, b = 0, c = 0] = ip.toByteArray();
  return ip.kind() === 'ipv4' ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 2;
}

/** As the reference proxy has it: private IPv4 addresses count, unique local IPv6 ones do not. */
function isGlobalUnicast(ip: Ip): boolean {
  if (formatIp(ip) === '255.255.255.255') return false;
  const notGlobal = new Set<string>(['loopback', 'linkLocal', 'multicast', 'uniqueLocal']);
  return !notGlobal.has(ip.range()) && formatIp(ip) !== '0.0.0.0' && formatIp(ip) !== '::';
}
