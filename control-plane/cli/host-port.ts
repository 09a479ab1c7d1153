// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP } from 'node:net';
import { HeartlineError } from '../../shared/errors/heartline-error.js';

export interface HostPort {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Reads `127.0.0.1:9979`, `localhost:9979` or `[::1]:9979`; throws INVALID_ARGUMENT that names the flag. */
export function parseHostPort(text: string, flag: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    `${flag} ${text} is not HOST:PORT, e.g. 127.0.0.1:9979 or [::1]:9979`,
  );
}

export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
