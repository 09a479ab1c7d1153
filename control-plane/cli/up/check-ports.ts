// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { errnoOf, HeartlineError } from '../../../shared/errors/heartline-error.js';
import { findPortOwner } from '../../../shared/process/port-owner.js';
import { hostOf, LOOPBACK, UP_PORTS, type UpPortName, type UpPorts } from './ports.js';

/** Loopback addresses the gateway listens on: ::1 only where the machine has it. */
export function loopbackAddresses(): readonly string[] {
  const hasV6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
  return hasV6 ? [LOOPBACK, '::1'] : [LOOPBACK];
}

/** Throws ADDRESS_IN_USE that names every busy port, its owner where readable, and what to do. */
export async function checkPorts(ports: UpPorts, podIp: string = LOOPBACK): Promise<void> {
  const names = Object.keys(ports) as UpPortName[];
  const faults = await Promise.all(names.map((name) => portFault(name, ports[name], podIp)));
  const busy = faults.filter((fault) => fault !== undefined);
  if (busy.length === 0) return;
  const text = busy.join('\n  ');
  throw new HeartlineError(
    'ADDRESS_IN_USE',
    busy.length === 1 ? text : `ports are taken:\n  ${text}`,
  );
}

/** The gateway's listeners open on every loopback address, all else on one. */
async function portFault(
  name: UpPortName,
  port: number,
  podIp: string,
): Promise<string | undefined> {
  const isListener = name === 'http' || name === 'tcp';
  const hosts = isListener ? loopbackAddresses() : [hostOf(name, podIp)];
  for (const host of hosts) {
    const errno = await tryBind(host, port);
    if (errno === undefined) continue;
    const what = `port ${port} (${UP_PORTS[name].label})`;
    return errno === 'EADDRINUSE'
      ? `${what} is taken by ${ownerText(port)}`
      : `${what} cannot be opened: ${errno}`;
  }
  return undefined;
}

export function ownerText(port: number): string {
  const owner = findPortOwner(port);
  return owner === undefined ? 'another process' : `pid ${owner.pid} (${owner.command})`;
}

/** The errno of binding and listening, undefined when it works; nothing stays open. */
export function tryBind(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(errnoOf(error) ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
