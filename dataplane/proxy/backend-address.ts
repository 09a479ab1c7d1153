// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP } from 'node:net';

/** A port of the worker itself, or of its control plane, that no route may reach. */
export interface ForbiddenPort {
  /** IP address or host name; a wildcard address (`0.0.0.0`, `::`) means every local address. */
  readonly host: string;
  readonly port: number;
}

export interface AddressRules {
  /** Allow loopback and link-local backends (`--allow-local-backends`). */
  readonly allowLocal: boolean;
  readonly forbidden: readonly ForbiddenPort[];
  /** Addresses of this machine's interfaces. */
  readonly localAddresses: () => readonly string[];
}

const MAPPED_IPV4 = '::ffff:';
const WILDCARDS = new Set(['0.0.0.0', '::']);

/** Why a backend address may not be connected to; undefined when it may. Checked after DNS. */
export function refuseAddress(
  address: string,
  port: number,
  rules: AddressRules,
): string | undefined {
  const plain = address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address;
  const local = isLocal(plain);
  const own = rules.forbidden.some(
    (forbidden) => forbidden.port === port && covers(forbidden.host, plain, local, rules),
  );
  if (own) return `${plain}:${port} is a port of Heartline itself`;
  if (local && !rules.allowLocal) {
    return `${plain} is loopback or link-local; --allow-local-backends allows it`;
  }
  return undefined;
}

function covers(host: string, address: string, local: boolean, rules: AddressRules): boolean {
  if (host === address) return true;
  // A name that could not be compared: treat every address of this machine as meant.
  const everyLocal = WILDCARDS.has(host) || isIP(host) === 0;
  return everyLocal && (local || rules.localAddresses().includes(address));
}

const LOCAL = localRanges();

function localRanges(): BlockList {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addSubnet('169.254.0.0', 16, 'ipv4');
  // Connecting to the unspecified address reaches loopback.
  list.addSubnet('0.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  list.addAddress('::', 'ipv6');
  list.addSubnet('fe80::', 10, 'ipv6');
  return list;
}

function isLocal(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return LOCAL.check(address.replace(/%.*$/, ''), family === 6 ? 'ipv6' : 'ipv4');
}
