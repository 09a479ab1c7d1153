// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type LineProcess, startNodeProcess } from '../support/line-process.js';
import { startNginxOrigin } from '../support/nginx-origin.js';
import { median, quantile } from '../support/statistics.js';

/**
 * What requests feel of a swap: windows with one and without, in turns, while 10,000 idle connections are open and requests come at
 * 40 % of what the worker can do. Latency counts from the moment a request was due.
 */
const IDLE = 10_000;
const WINDOWS = 60;
const WINDOW_MS = 100;
const LOAD = 0.4;
const LIMIT_MS = 1.5;

const run = promisify(execFile);
const support = (file: string): URL => new URL(`../support/${file}`, import.meta.url);

interface Window {
  readonly sent: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

async function capacityOf(port: string): Promise<number> {
  const { stdout } = await run('wrk', ['-t1', '-c64', '-d3s', `http://127.0.0.1:${port}/`]);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

async function measureWindow(load: LineProcess, engine: LineProcess | undefined): Promise<Window> {
  load.write(`window ${WINDOW_MS}`);
  engine?.write('go');
  await engine?.read();
  return JSON.parse(await load.read()) as Window;
}

function print(name: string, windows: readonly Window[]): void {
  const middle = (field: 'p50' | 'p99' | 'max'): string =>
    median(windows.map((window) => window[field])).toFixed(2);
  const spread = [0.1, 0.9].map((share) =>
    quantile(
      windows.map(({ p99 }) => p99),
      share,
    ).toFixed(2),
  );
  const failed = windows.reduce((sum, window) => sum + window.failed, 0);
  console.log(
    `  ${name.padEnd(13)} p50 ${middle('p50')}   p99 ${middle('p99')} (p10 ${spread[0]}, p90 ${spread[1]})   max ${middle('max')}   failed ${failed}`,
  );
}

async function measure(port: string, engine: LineProcess): Promise<void> {
  const capacity = await capacityOf(port);
  const rate = Math.round(capacity * LOAD);
  const load = startNodeProcess(new URL('./load-main.js', import.meta.url), [port, String(rate)]);
  await load.read();
  const quiet: Window[] = [];
  const swapped: Window[] = [];
  for (let round = 0; round < WINDOWS; round += 1) {
    quiet.push(await measureWindow(load, undefined));
    swapped.push(await measureWindow(load, engine));
  }
  await load.end();
  const differences = swapped.map(({ p99 }, round) => p99 - (quiet[round]?.p99 ?? Number.NaN));
  console.log(
    `${WINDOWS} windows of ${WINDOW_MS} ms each, in turns, ${rate} of ${Math.round(capacity)} requests/s, ${IDLE} idle connections; medians, ms`,
  );
  print('without', quiet);
  print('with a swap', swapped);
  const more = median(swapped.map(({ p99 }) => p99)) - median(quiet.map(({ p99 }) => p99));
  console.log(
    `  median of p99: ${more.toFixed(2)} ms more with a swap (to reach: at most ${LIMIT_MS}); pairwise ${median(differences).toFixed(2)}`,
  );
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'heartline-bench-'));
  const origin = await startNginxOrigin(directory, 0);
  const engine = startNodeProcess(support('engine-main.js'), ['http', String(origin.port)]);
  const port = await engine.read();
  const idle = startNodeProcess(support('idle-clients-main.js'), [port, String(IDLE)]);
  try {
    await idle.read();
    await measure(port, engine);
  } finally {
    await idle.end();
    await engine.end();
    await origin.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
