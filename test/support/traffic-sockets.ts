// SPDX-License-Identifier: Apache-2.0
import type { Installation } from './installation.js';
import { formatValues, type KernelSocket, kernelSockets } from './kernel-oracle.js';

/** Sockets of the worker on the ports of the example Gateway: listening ones and accepted ones. */
export async function trafficSockets(
  { port }: Pick<Installation, 'port'>,
  workerPid: number,
): Promise<readonly KernelSocket[]> {
  const ports = [port(8080), port(8090)];
  return (await kernelSockets(workerPid)).filter(({ localPort }) => ports.includes(localPort));
}

/** The different keepalive values among sockets, sorted; one entry says that all are alike. */
export function distinctValues(sockets: readonly KernelSocket[]): readonly string[] {
  return [...new Set(sockets.map(formatValues))].sort();
}

/** Client port to inode, of the accepted connections of these clients. */
export function inodesByClient(
  sockets: readonly KernelSocket[],
  clientPorts: readonly number[],
): ReadonlyMap<number, number> {
  const held = new Set(clientPorts);
  return new Map(
    sockets
      .filter(({ remotePort }) => held.has(remotePort))
      .map(({ remotePort, inode }) => [remotePort, inode]),
  );
}
