// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { PopulationCounts, PopulationResult } from './population.js';

/** A population in its own process (and, if wanted, its own network namespace). */
export interface PopulationProcess {
  readonly clientPorts: readonly number[];
  /** Bodies verified so far. */
  verified(): Promise<number>;
  finish(): Promise<PopulationResult>;
  /** Ends the process whatever it does; for teardown. */
  kill(): void;
}

const MAIN = fileURLToPath(new URL('./population-main.ts', import.meta.url));

export interface PopulationProcessOptions {
  readonly host: string;
  readonly port: number;
  readonly counts: PopulationCounts;
  /** Name of a network namespace (ip-netns(8)) to run in; absent = this one. */
  readonly netns?: string;
}

export async function startPopulation(
  options: PopulationProcessOptions,
): Promise<PopulationProcess> {
  const { host, port, counts, netns } = options;
  const command = [process.execPath, '--import', import.meta.resolve('tsx'), MAIN];
  const [file, ...args] =
    netns === undefined ? command : ['ip', 'netns', 'exec', netns, ...command];
  if (file === undefined) throw new Error('no command');
  const child = spawn(file, [...args, JSON.stringify({ host, port, counts })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async <T>(): Promise<T> => JSON.parse(await nextLine(child, lines)) as T;
  const clientPorts = await read<number[]>();
  return {
    clientPorts,
    async verified() {
      child.stdin.write('verified\n');
      return read<number>();
    },
    async finish() {
      child.stdin.write('finish\n');
      const result = await read<PopulationResult>();
      if (child.exitCode === null) await once(child, 'exit');
      return result;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

async function nextLine(child: ChildProcess, lines: AsyncIterator<string>): Promise<string> {
  const { done, value } = await lines.next();
  if (done) throw new Error(`the population process ended (exit ${child.exitCode})`);
  return value;
}
