// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { policyClient } from '../../support/policies.js';
import { type Stack, startStack } from '../../support/stack.js';
import { type LineProcess, startLineProcess, startNodeProcess } from '../support/line-process.js';
import { quantile } from '../support/statistics.js';

/**
 * From an API request to the kernel: a policy is replaced through the HTTP API of a whole `heartline up`,
 * and a program outside watches the worker's sockets until the listening ones (new connections) and until
 * all open ones hold the new value. Idle first, then at 40 % of the measured capacity.
 */
const CONNECTIONS = 10_000;
const ROUNDS = 30;
const LOAD = 0.4;
const support = (file: string): URL => new URL(`../support/${file}`, import.meta.url);

interface Sample {
  readonly listenersMs: number;
  readonly connectionsMs: number;
}

async function measureRound(
  stack: Stack,
  watch: LineProcess,
  idleSeconds: number,
): Promise<Sample> {
  const policies = policyClient(stack);
  watch.write(String(idleSeconds));
  const startNs = process.hrtime.bigint();
  await policies.put('bench', {
    tcp: { keepalive: { time: `${idleSeconds}s`, interval: '5s', retries: 3 } },
  });
  const [listenersNs, connectionsNs] = (await watch.read()).split(' ').map(BigInt);
  const toMs = (ns: bigint | undefined): number => Number((ns ?? 0n) - startNs) / 1e6;
  return { listenersMs: toMs(listenersNs), connectionsMs: toMs(connectionsNs) };
}

async function measure(stack: Stack, watch: LineProcess, title: string): Promise<void> {
  const samples: Sample[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    samples.push(await measureRound(stack, watch, 100 + (round % 2)));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  console.log(`${title}, ${ROUNDS} changes, ${CONNECTIONS} open connections`);
  print(
    'new connections',
    samples.map((s) => s.listenersMs),
  );
  print(
    'open connections',
    samples.map((s) => s.connectionsMs),
  );
}

function print(name: string, sampleMs: readonly number[]): void {
  const at = (share: number): string => quantile(sampleMs, share).toFixed(1);
  console.log(`  ${name.padEnd(17)} p50 ${at(0.5)} ms   p90 ${at(0.9)} ms   max ${at(1)} ms`);
}

async function measureUnderLoad(stack: Stack, watch: LineProcess): Promise<void> {
  const load = startNodeProcess(support('load-main.ts'), [String(stack.port(8080))]);
  load.write('capacity 3');
  const capacity = Number(await load.read());
  load.write(`start ${Math.round(capacity * LOAD)}`);
  await load.read();
  await measure(stack, watch, `at ${LOAD * 100} % of ${capacity} requests/s`);
  load.write('stop');
  console.log(`  load ${await load.read()}`);
  await load.end();
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'heartline-bench-'));
  const stack = await startStack();
  try {
    const binary = join(directory, 'watch-sockets');
    const source = fileURLToPath(new URL('./watch-sockets.c', import.meta.url));
    execFileSync('gcc', ['-O2', '-o', binary, source], { stdio: 'inherit' });
    const port = String(stack.port(8080));
    const clients = startNodeProcess(support('idle-clients-main.ts'), [port, String(CONNECTIONS)]);
    await clients.read();
    await policyClient(stack).put('bench', { tcp: { keepalive: { time: '99s' } } });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const worker = String(stack.childPid('dataplane/main'));
    const watch = startLineProcess(binary, [worker, port]);
    console.log(`watching ${await watch.read()} sockets (listening, connected)`);
    await measure(stack, watch, 'idle');
    await measureUnderLoad(stack, watch);
    await watch.end();
    await clients.end();
  } finally {
    await stack.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
