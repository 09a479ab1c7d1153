// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startNginxOrigin } from '../support/nginx-origin.js';
import { cpuSeconds } from '../support/process-cost.js';
import { median, quantile } from '../support/statistics.js';
import { installPeers } from './peers.js';
import { type Subject, startHeartline, startNatives, startPeers } from './subjects.js';

/**
 * CPU time per request, and per GiB, of proxies with one worker in front of one nginx that answers 1 KiB. All in turns in one
 * run, because a figure of this machine means something only beside another one. Load: wrk, h2load, curl.
 */
const ROUNDS = 5;
const SECONDS = 3;
const CONNECTIONS = 64;
const BULK_STREAMS = 4;
const BULK_BYTES = 512 * 1024 ** 2;
const GIB = 1024 ** 3;

const run = promisify(execFile);

interface Row {
  readonly subject: Subject;
  readonly rate: number[];
  readonly cost: number[];
}

interface Load {
  /** Units done: requests or GiB. */
  readonly done: number;
  readonly rate: number;
}

/** Every subject once per round; the first round warms up and is not counted. */
async function measure(
  subjects: readonly Subject[],
  load: (subject: Subject) => Promise<Load>,
): Promise<Row[]> {
  const rows = subjects.map((subject) => ({ subject, rate: [], cost: [] }) as Row);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { subject, rate, cost } of rows) {
      const before = cpuSeconds(subject.pids());
      const { done, rate: measured } = await load(subject);
      const used = cpuSeconds(subject.pids()) - before;
      if (round === 0) continue;
      rate.push(measured);
      cost.push(used / done);
    }
  }
  return rows;
}

async function wrk({ name, port }: Subject): Promise<Load> {
  const url = `http://127.0.0.1:${port}/`;
  const { stdout } = await run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, url]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${name}: requests failed\n${stdout}`);
  return {
    done: numberIn(stdout, /(\d+) requests in/),
    rate: numberIn(stdout, /Requests\/sec:\s+([\d.]+)/),
  };
}

async function h2load({ name, port }: Subject): Promise<Load> {
  const url = `http://127.0.0.1:${port}/`;
  const { stdout } = await run('h2load', ['-c8', '-m8', `-D${SECONDS}`, '-t1', url]);
  if (!/ 0 failed, 0 errored/.test(stdout)) throw new Error(`${name}: requests failed\n${stdout}`);
  return { done: numberIn(stdout, /(\d+) 2xx/), rate: numberIn(stdout, /([\d.]+) req\/s/) };
}

async function bulk({ port }: Subject): Promise<Load> {
  const startMs = performance.now();
  const url = `http://127.0.0.1:${port}/big`;
  await Promise.all(
    Array.from({ length: BULK_STREAMS }, () => run('curl', ['-sfo', '/dev/null', url])),
  );
  const done = (BULK_STREAMS * BULK_BYTES) / GIB;
  return { done, rate: (done * 1024) / ((performance.now() - startMs) / 1000) };
}

function numberIn(text: string, pattern: RegExp): number {
  const [, found] = pattern.exec(text) ?? [];
  if (found === undefined) throw new Error(`${pattern} is not in\n${text}`);
  return Number(found);
}

interface Unit {
  readonly title: string;
  readonly rate: string;
  readonly cost: string;
  /** Of a cost in seconds. */
  readonly scale: number;
}

function print({ title, rate, cost, scale }: Unit, rows: readonly Row[]): void {
  console.log(`\n${title}: ${ROUNDS} rounds in turns, min/med/max`);
  const [reference] = rows;
  for (const row of rows) {
    const spread = (values: readonly number[], factor: number, digits: number): string =>
      [0, 0.5, 1].map((share) => (quantile(values, share) * factor).toFixed(digits)).join('/');
    const ratio = median(row.cost) / median(reference?.cost ?? []);
    console.log(
      `  ${row.subject.name.padEnd(20)} ${cost} ${spread(row.cost, scale, 1).padEnd(18)} ` +
        `${ratio.toFixed(2)}x ${reference?.subject.name ?? ''}   ${rate} ${spread(row.rate, 1, 0)}`,
    );
  }
}

async function withSubjects(
  starts: readonly (() => Promise<readonly Subject[]>)[],
  use: (subjects: readonly Subject[]) => Promise<void>,
): Promise<void> {
  const subjects: Subject[] = [];
  try {
    for (const start of starts) subjects.push(...(await start()));
    await use(subjects);
  } finally {
    for (const subject of subjects) await subject.stop();
  }
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'heartline-bench-'));
  const peersDirectory = fileURLToPath(new URL('../../../peers', import.meta.url));
  const origin = await startNginxOrigin(directory, BULK_BYTES);
  try {
    const http = { directory, originPort: origin.port, mode: 'http' } as const;
    const peers = installPeers(peersDirectory);
    const ofPeers = (): Promise<Subject[]> =>
      peers === undefined ? Promise.resolve([]) : startPeers(peers, origin.port);
    const heartline = async (): Promise<Subject[]> => [await startHeartline(http)];
    const perRequest = { rate: 'requests/s', cost: 'µs a request', scale: 1e6 };
    await withSubjects([() => startNatives(http), heartline, ofPeers], async (subjects) => {
      print({ title: 'HTTP/1.1', ...perRequest }, await measure(subjects, wrk));
    });
    await withSubjects([heartline], async (subjects) => {
      print({ title: 'HTTP/2 (h2c) to HTTP/1.1', ...perRequest }, await measure(subjects, h2load));
    });
    const tcp = { ...http, mode: 'tcp' } as const;
    const tcpHeartline = async (): Promise<Subject[]> => [await startHeartline(tcp)];
    await withSubjects([() => startNatives(tcp), tcpHeartline], async (subjects) => {
      print({ title: 'TCP', ...perRequest }, await measure(subjects, wrk));
      const perGib = { rate: 'MiB/s', cost: 'ms a GiB', scale: 1e3 };
      print({ title: `TCP, ${BULK_STREAMS} downloads`, ...perGib }, await measure(subjects, bulk));
    });
  } finally {
    await origin.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
