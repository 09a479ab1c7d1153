// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findSource,
  type LineProcess,
  startLineProcess,
  startNodeProcess,
} from '../support/line-process.js';
import { median, quantile } from '../support/statistics.js';

/**
 * What a change of every keepalive value costs on N open sockets, read back included, beside a C program
 * that makes the same system calls. Both run in one run, in turns; the ratio of medians is the result.
 */
const SOCKETS = [10_000, 19_000];
const ROUNDS = 21;
const LIMIT = 1.3;

interface Subject {
  readonly process: LineProcess;
  readonly clients: LineProcess;
  /** One sweep over all sockets, microseconds. */
  sweepUs(): Promise<number>;
}

async function startSubject(
  process: LineProcess,
  count: number,
  read: (line: string) => number,
): Promise<Subject> {
  const port = await process.read();
  const clients = startNodeProcess(new URL('../support/idle-clients-main.js', import.meta.url), [
    port,
    String(count),
  ]);
  await clients.read();
  return {
    process,
    clients,
    async sweepUs() {
      process.write('go');
      return read(await process.read());
    },
  };
}

async function startFloor(binary: string, count: number): Promise<Subject> {
  const floor = startLineProcess(binary, [String(count)]);
  const subject = await startSubject(floor, count, (line) => Number(line) / 1000);
  await floor.read();
  return subject;
}

async function startEngine(count: number): Promise<Subject> {
  const engine = startNodeProcess(new URL('../support/engine-main.js', import.meta.url), ['http']);
  const subject = await startSubject(engine, count, (line) => {
    const report = JSON.parse(line) as {
      verifiedMs: number;
      open: number;
      inForceConnections: number;
    };
    if (report.open !== count || report.inForceConnections !== count) {
      throw new Error(`${report.inForceConnections} of ${report.open} in force, expected ${count}`);
    }
    return report.verifiedMs * 1000;
  });
  for (let open = 0; open < count; ) {
    engine.write('open');
    open = Number(await engine.read());
  }
  return subject;
}

async function measure(binary: string, count: number): Promise<void> {
  const floor = await startFloor(binary, count);
  const engine = await startEngine(count);
  const floorUs: number[] = [];
  const engineUs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    floorUs.push(await floor.sweepUs());
    engineUs.push(await engine.sweepUs());
  }
  for (const subject of [floor, engine]) {
    await subject.clients.end();
    await subject.process.end();
  }
  const ratio = median(engineUs) / median(floorUs);
  console.log(`${count} sockets, ${ROUNDS} rounds each, in turns`);
  print('C floor', floorUs, count);
  print('heartline', engineUs, count);
  console.log(`  ratio of medians ${ratio.toFixed(2)} (to reach: at most ${LIMIT})`);
}

function print(name: string, sampleUs: readonly number[], count: number): void {
  const perSocket = (share: number): string => (quantile(sampleUs, share) / count).toFixed(2);
  console.log(
    `  ${name.padEnd(10)} per socket µs min/med/max ${perSocket(0)}/${perSocket(0.5)}/${perSocket(1)}` +
      `   all ${(median(sampleUs) / 1000).toFixed(1)} ms`,
  );
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'heartline-bench-'));
  try {
    const binary = join(directory, 'floor');
    execFileSync('gcc', ['-O2', '-o', binary, findSource('floor.c', import.meta.url)], {
      stdio: 'inherit',
    });
    for (const count of SOCKETS) await measure(binary, count);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
