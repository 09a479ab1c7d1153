// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startNodeProcess } from '../support/line-process.js';
import { type NativeProxy, startHaproxy, startNginx } from '../support/native-proxy.js';
import { PEERS } from './peers.js';

/** A proxy under load. */
export interface Subject {
  readonly name: string;
  readonly port: number;
  pids(): number[];
  stop(): Promise<void>;
}

export interface SubjectOptions {
  readonly directory: string;
  readonly originPort: number;
  readonly mode: 'http' | 'tcp';
}

/** The distribution's proxies; those that are not installed are left out, and said so. */
export async function startNatives(options: SubjectOptions): Promise<Subject[]> {
  const named = {
    haproxy: startHaproxy,
    ...(options.mode === 'http' ? { nginx: startNginx } : {}),
  };
  const subjects: Subject[] = [];
  for (const [name, start] of Object.entries(named)) {
    const directory = join(options.directory, `${name}-${options.mode}`);
    mkdirSync(directory, { recursive: true });
    const proxy = await start({ ...options, directory });
    if (proxy === undefined) console.log(`${name} is not installed and left out`);
    else subjects.push(subjectOf(name, proxy));
  }
  return subjects;
}

function subjectOf(name: string, { port, pids, stop }: NativeProxy): Subject {
  return { name, port, pids, stop };
}

export function startHeartline({ originPort, mode }: SubjectOptions): Promise<Subject> {
  const url = new URL('../support/engine-main.js', import.meta.url);
  return startNodeSubject('heartline', url, [mode, String(originPort)]);
}

export async function startPeers(modules: string, originPort: number): Promise<Subject[]> {
  const url = new URL('./peer-main.js', import.meta.url);
  const start = (name: string): Promise<Subject> =>
    startNodeSubject(name, url, [name, modules, String(originPort)]);
  return Promise.all(['node:http + undici', ...PEERS].map(start));
}

async function startNodeSubject(name: string, url: URL, args: readonly string[]): Promise<Subject> {
  const program = startNodeProcess(url, args);
  const port = Number(await program.read());
  return { name, port, pids: () => [program.child.pid ?? 0], stop: () => program.end() };
}
