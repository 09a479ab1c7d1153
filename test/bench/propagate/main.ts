// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLmdbStore } from '../../../control-plane/store/lmdb-store.js';
import { policyClient } from '../../support/policies.js';
import { type Stack, startStack } from '../../support/stack.js';
import {
  findSource,
  type LineProcess,
  startLineProcess,
  startNodeProcess,
} from '../support/line-process.js';
import {
  keepaliveFrontend,
  openPolicyWriter,
  type PolicyWriter,
} from '../support/policy-writer.js';
import { quantile } from '../support/statistics.js';

/**
 * From an API request to the kernel: a policy is replaced through the HTTP API of a whole `heartline up`,
 * and a program outside watches the worker's sockets until the listening ones (new connections) and until
 * all open ones hold the new value. Idle first, then at 40 % of the measured capacity.
 */
const CONNECTIONS = 10_000;
const ROUNDS = 30;
/** The first changes of a process pay for compiling its code. */
const WARM_UP_ROUNDS = 60;
const PAUSE_MS = 200;
const STORE_ROUNDS = 30;
const LOAD = 0.4;
const support = (file: string): URL => new URL(`../support/${file}`, import.meta.url);

interface Bench {
  readonly stack: Stack;
  readonly watch: LineProcess;
  readonly writer: PolicyWriter;
}

interface Sample {
  readonly answeredMs: number;
  readonly listenersMs: number;
  readonly connectionsMs: number;
}

/** Alternates, so that every change changes something; longer than any connection is idle here, so that none settles. */
function idleSecondsOf(round: number): number {
  return 1000 + (round % 2);
}

async function measureRound(bench: Bench, idleSeconds: number): Promise<Sample> {
  bench.watch.write(String(idleSeconds));
  const startNs = process.hrtime.bigint();
  await bench.writer.put(idleSeconds);
  const answeredNs = process.hrtime.bigint();
  const [listenersNs, connectionsNs] = (await bench.watch.read()).split(' ').map(BigInt);
  const toMs = (ns: bigint | undefined): number => Number((ns ?? 0n) - startNs) / 1e6;
  return {
    answeredMs: toMs(answeredNs),
    listenersMs: toMs(listenersNs),
    connectionsMs: toMs(connectionsNs),
  };
}

async function measureRounds(bench: Bench, rounds: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    samples.push(await measureRound(bench, idleSecondsOf(round)));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return samples;
}

async function measure(bench: Bench, title: string): Promise<void> {
  const samples = await measureRounds(bench, ROUNDS);
  bench.watch.write(`=${idleSecondsOf(ROUNDS - 1)}`);
  const left = Number(await bench.watch.read());
  if (left > 0) throw new Error(`${left} connections were left behind by the last change`);
  console.log(`${title}, ${ROUNDS} changes, ${CONNECTIONS} open connections`);
  print(
    'API answered',
    samples.map((s) => s.answeredMs),
  );
  print(
    'new connections',
    samples.map((s) => s.listenersMs),
  );
  print(
    'open connections',
    samples.map((s) => s.connectionsMs),
  );
}

/** What the store's durability costs in this run, on the disk of the data directory. */
async function measureStore(directory: string): Promise<void> {
  const store = await openLmdbStore({ dir: join(directory, 'store'), newStoreId: () => 'bench' });
  const samples: number[] = [];
  for (let round = 0; round < STORE_ROUNDS; round += 1) {
    const startMs = performance.now();
    const ops = [{ op: 'put' as const, key: 'bench', value: round }];
    await store.commit({ actor: 'bench', reason: 'bench', time: 0, ops });
    samples.push(performance.now() - startMs);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  await store.close();
  console.log('store apart: one durable commit; a change makes two before a worker is told');
  print('commit', samples);
}

function print(name: string, sampleMs: readonly number[]): void {
  const at = (share: number): string => quantile(sampleMs, share).toFixed(1);
  console.log(`  ${name.padEnd(17)} p50 ${at(0.5)} ms   p90 ${at(0.9)} ms   max ${at(1)} ms`);
}

async function measureUnderLoad(bench: Bench): Promise<void> {
  const load = startNodeProcess(support('load-main.js'), [String(bench.stack.port(8080))]);
  load.write('capacity 3');
  const capacity = Number(await load.read());
  load.write(`start ${Math.round(capacity * LOAD)}`);
  await load.read();
  await measure(bench, `at ${LOAD * 100} % of ${capacity} requests/s`);
  load.write('stop');
  console.log(`  load ${await load.read()}`);
  await load.end();
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'heartline-bench-'));
  const stack = await startStack();
  try {
    const binary = join(directory, 'watch-sockets');
    const source = findSource('watch-sockets.c', import.meta.url);
    execFileSync('gcc', ['-O2', '-o', binary, source], { stdio: 'inherit' });
    const port = String(stack.port(8080));
    const clients = startNodeProcess(support('idle-clients-main.js'), [port, String(CONNECTIONS)]);
    await clients.read();
    await policyClient(stack).put('bench', keepaliveFrontend(99));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const worker = String(stack.childPid('dataplane/main'));
    const watch = startLineProcess(binary, [worker, port]);
    console.log(`watching ${await watch.read()} sockets (listening, connected)`);
    const bench = { stack, watch, writer: await openPolicyWriter(stack) };
    console.log(`warming up with ${WARM_UP_ROUNDS} changes, first of them:`);
    const [first] = await measureRounds(bench, WARM_UP_ROUNDS);
    console.log(
      `  new ${first?.listenersMs.toFixed(1)} ms, open ${first?.connectionsMs.toFixed(1)} ms`,
    );
    await measure(bench, 'idle');
    await measureUnderLoad(bench);
    await measureStore(directory);
    bench.writer.close();
    await watch.end();
    await clients.end();
  } finally {
    await stack.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
