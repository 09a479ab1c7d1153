// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPortOffset } from './free-ports.js';

const TSX = import.meta.resolve('tsx');
const source = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** One process of a plane, started from sources without `up` around it. */
export interface PlaneProcess {
  readonly child: ChildProcess;
  /** Everything it has logged so far. */
  log(): string;
  /** Sends the signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** The addresses and files of one control plane and one worker, which are started one by one. */
export interface Planes {
  port(base: number): number;
  readonly dataDir: string;
  readonly workerDir: string;
  startControlPlane(): PlaneProcess;
  /** The sample that the example Gateway routes to. */
  startHttpbin(): PlaneProcess;
  startWorker(extraArgs?: readonly string[]): PlaneProcess;
  /** Kills whatever still runs. */
  stop(): Promise<void>;
}

/** `dataDir` is the data directory of both; the worker's files live in its `worker` folder. */
export async function preparePlanes(dataDir: string): Promise<Planes> {
  const offset = await findPortOffset();
  const port = (base: number): number => base + offset;
  const at = (base: number): string => `127.0.0.1:${port(base)}`;
  const workerDir = join(dataDir, 'worker');
  mkdirSync(workerDir, { recursive: true });
  const running: PlaneProcess[] = [];
  const start = (file: string, args: readonly string[]): PlaneProcess => {
    const plane = startPlane(source(file), args);
    running.push(plane);
    return plane;
  };
  return {
    port,
    dataDir,
    workerDir,
    startControlPlane: () =>
      start('control-plane/cli/main.ts', [
        ...['control-plane', '--data-dir', dataDir, '--cluster', 'local'],
        ...['--xds-addr', at(9978), '--api-addr', at(9979)],
      ]),
    startHttpbin: () => start('deploy/examples/httpbin/main.ts', ['--listen', at(18_000)]),
    startWorker: (extraArgs = []) =>
      start('dataplane/main.ts', [
        ...['--xds-address', at(9978), '--cluster', 'local'],
        ...['--gateway', 'httpbin/agentgateway-proxy'],
        ...['--pod', 'agentgateway-system/agentgateway-proxy-0'],
        ...['--token-file', join(dataDir, 'worker.token'), '--data-dir', workerDir],
        ...['--admin-addr', at(15000), '--stats-addr', at(15020)],
        ...['--readiness-addr', at(15021), '--listen-address', '127.0.0.1'],
        ...['--allow-local-backends', '--port-offset', String(offset), ...extraArgs],
      ]),
    async stop() {
      await Promise.all(running.map((plane) => plane.kill('SIGKILL')));
    },
  };
}

function startPlane(file: string, args: readonly string[]): PlaneProcess {
  const child = spawn(process.execPath, ['--import', TSX, file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk));
  return {
    child,
    log: () => text,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}
