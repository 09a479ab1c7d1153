// SPDX-License-Identifier: Apache-2.0
import { type HostPort, isLoopback } from '../../shared/names/host-port.js';
import { ipBytes } from '../../shared/names/ip-address.js';
import { compareText } from '../../shared/names/sort.js';

/** What a server can be called, for subjectAltName (RFC 5280 §4.2.1.6). Both lists are sorted. */
export interface ServerNames {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
}

export interface NameFacts {
  /** Where the server listens. */
  readonly host: HostPort['host'];
  readonly hostname: string;
  /** Addresses of this machine's interfaces: what a server on every address is reached by. */
  readonly addresses: readonly string[];
}

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Loopback always, the machine's name, and the address it listens on, or all of the machine's when it listens on all. */
export function serverNames({ host, hostname, addresses }: NameFacts): ServerNames {
  const bound = EVERYWHERE.has(host) ? addresses.filter((one) => !isLoopback(one)) : [host];
  const names = ['localhost', hostname.toLowerCase(), '127.0.0.1', '::1', ...bound];
  const isAddress = (name: string): boolean => ipBytes(name) !== undefined;
  const list = (wanted: (name: string) => boolean): readonly string[] =>
    [...new Set(names.filter((name) => name !== '' && wanted(name)))].sort(compareText);
  return { dns: list((name) => !isAddress(name)), ip: list(isAddress) };
}
