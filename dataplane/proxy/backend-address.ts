// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { formatIp, type Ip, parseIp } from '../access/ip-text.js';

/** A port of the worker itself, or of its control plane, that no route may reach. */
export interface ForbiddenPort {
  /** IP address or host name; a wildcard address (`0.0.0.0`, `::`) means every local address. */
  readonly host: string;
  readonly port: number;
}

export interface AddressRules {
  /** Allow loopback, link-local and the like (`--allow-local-backends`). */
  readonly allowLocal: boolean;
  readonly forbidden: readonly ForbiddenPort[];
  /** Addresses of this machine's interfaces. */
  readonly localAddresses: () => readonly string[];
  /** Addresses that a forbidden host name stands for; undefined while they are not known. */
  readonly addressesOf: (host: string) => readonly string[] | undefined;
}

/** Why a backend address may not be connected to; undefined when it may. Checked after DNS, on the address that is then dialled. */
export function refuseAddress(
  address: string,
  port: number,
  rules: AddressRules,
): string | undefined {
  const ip = parseIp(address);
  if (ip === undefined) return `${address} is no IP address`;
  const reached = [ip, ...embeddedIpv4(ip)];
  if (reached.some((each) => isOwn(each, port, rules))) {
    return `${formatIp(ip)}:${port} is a port of Heartline itself`;
  }
  const kind = rules.allowLocal ? undefined : reached.map(localKind).find((each) => each !== '');
  if (kind === undefined) return undefined;
  return `${formatIp(ip)} is ${kind}; --allow-local-backends allows it`;
}

const LOCAL_RANGES: ReadonlySet<string> = new Set([
  'broadcast',
  'linkLocal',
  'loopback',
  'multicast',
  'unspecified',
]);
/** Where clouds hand out credentials of the machine, beside 169.254.169.254: AWS on IPv6, Alibaba Cloud. */
const METADATA: ReadonlySet<string> = new Set(['fd00:ec2::254', '100.100.100.200']);
const WORDS: Readonly<Record<string, string>> = { linkLocal: 'link-local' };

/** A word for what is not to be reached from outside; empty for the others. 0.0.0.0/8 leads to loopback on Linux. */
function localKind(ip: Ip): string {
  if (METADATA.has(formatIp(ip))) return 'a metadata service';
  const range = ip.range();
  return LOCAL_RANGES.has(range) ? (WORDS[range] ?? range) : '';
}

function isOwn(ip: Ip, port: number, rules: AddressRules): boolean {
  return rules.forbidden.some((own) => own.port === port && isHost(ip, own.host, rules));
}

/** A worker that listens on one local address may be reached through others: all of them count as that one. */
function isHost(ip: Ip, host: string, rules: AddressRules): boolean {
  const addresses = isIP(host) === 0 ? rules.addressesOf(host) : [host];
  // Nobody can tell yet.
  if (addresses === undefined) return true;
  const hosts = addresses.map(plain);
  const text = formatIp(ip);
  if (hosts.includes(text)) return true;
  const local = new Set(rules.localAddresses().map(plain));
  const isLocal = (one: string): boolean => local.has(one) || leadsHere(one);
  return isLocal(text) && hosts.some(isLocal);
}

function leadsHere(text: string): boolean {
  const range = parseIp(text)?.range();
  return range === 'loopback' || range === 'unspecified';
}

function plain(text: string): string {
  const ip = parseIp(text);
  return ip === undefined ? text : formatIp(ip);
}

/** Bytes before the IPv4 address inside an IPv6 one that a gateway or the kernel may unpack. */
const EMBEDDING: readonly (readonly [string, number])[] = [
  // IPv4-compatible, RFC 4291 §2.5.5.1
  ['::/96', 12],
  // translated, RFC 2765 §2.1
  ['::ffff:0:0:0/96', 12],
  // NAT64, RFC 6052 §2.1 and RFC 8215
  ['64:ff9b::/96', 12],
  ['64:ff9b:1::/48', 12],
  // 6to4, RFC 3056 §2
  ['2002::/16', 2],
];
const PREFIXES = EMBEDDING.map(([cidr, at]) => [ipaddr.IPv6.parseCIDR(cidr), at] as const);

function embeddedIpv4(ip: Ip): Ip[] {
  if (ip.kind() === 'ipv4' || ip.range() === 'loopback' || ip.range() === 'unspecified') return [];
  return PREFIXES.flatMap(([prefix, at]) => {
    if (!ip.match(prefix)) return [];
    return [ipaddr.fromByteArray(ip.toByteArray().slice(at, at + 4))];
  });
}
