// SPDX-License-Identifier: Apache-2.0
import { readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { ownerText, tryBind } from '../up/check-ports.js';
import { hostOf, UP_PORTS, type UpPortName, type UpPorts } from '../up/ports.js';
import { type FileFact, type MachineFacts, type PortFact, parseOpenFilesLimit } from './checks.js';

export function readMachineFacts(): MachineFacts {
  return {
    nodeVersion: process.versions.node,
    platform: `${process.platform} ${release()} ${process.arch}`,
    openFiles: parseOpenFilesLimit(readText('/proc/self/limits') ?? ''),
    kernelKeepalive: ['time', 'intvl', 'probes'].map((name) => {
      const text = readText(`/proc/sys/net/ipv4/tcp_keepalive_${name}`);
      return text === undefined ? undefined : Number(text);
    }),
  };
}

/** `podIp`: where the worker's own ports are. */
export async function readPortFacts(ports: UpPorts, podIp: string): Promise<readonly PortFact[]> {
  const names = Object.keys(ports) as UpPortName[];
  return Promise.all(
    names.map(async (name) => {
      const port = ports[name];
      const errno = await tryBind(hostOf(name, podIp), port);
      const owner = errno === 'EADDRINUSE' ? ownerText(port) : errno;
      return { port, label: UP_PORTS[name].label, owner };
    }),
  );
}

export function readFileFact(path: string): FileFact {
  try {
    return { path, mode: statSync(path).mode & 0o7777 };
  } catch {
    // Missing, or in a directory we may not enter: for its reader that is the same.
    return { path, mode: undefined };
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The check that needs it says so.
    return undefined;
  }
}
