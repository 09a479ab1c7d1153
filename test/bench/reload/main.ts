// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Stack, startStack } from '../../support/stack.js';
import {
  findSource,
  type LineProcess,
  startLineProcess,
  startNodeProcess,
} from '../support/line-process.js';
import { pssKib } from '../support/process-cost.js';
import { quantile } from '../support/statistics.js';
import { heartlineOf, type Subject, startNative } from './subjects.js';

/**
 * The same change of the keepalive time 20 times by a reload of nginx, of haproxy, and by us, under load, with websockets opened before
 * each change and pooled connections that are idle all the time. All three in front of the same sample, one after another.
 */
const CHANGES = 20;
const PAUSE_MS = 500;
const WEBSOCKETS_PER_CHANGE = 50;
const POOLED = 200;
const WATCHED = 20;
const NEVER_MS = 400;
/** Far enough apart that a running timer tells which one it was started with. */
const IDLE_SECONDS = [600, 300] as const;
const TIMER_SLACK_SECONDS = 120;

const held = (...args: readonly string[]): LineProcess =>
  startNodeProcess(new URL('../support/held-clients-main.js', import.meta.url), args);

interface Result {
  readonly requests: number;
  readonly failed: number;
  readonly closed: number;
  readonly reuseFailed: number;
  readonly processes: string;
  readonly memoryMib: string;
  readonly newMs: readonly number[];
  /** Undefined: an open connection did not get the value. */
  readonly openMs: readonly (number | undefined)[];
}

const idleSecondsOf = (change: number): number => IDLE_SECONDS[change % 2] as number;

interface Clients {
  readonly websockets: LineProcess;
  readonly pool: LineProcess;
}

async function askNumber(clients: LineProcess, line: string): Promise<number> {
  clients.write(line);
  return Number(await clients.read());
}

interface Probes {
  readonly fresh: LineProcess;
  readonly open: LineProcess;
}

/** One change; the probes look from its start. */
async function measureChange(
  subject: Subject,
  probes: Probes,
  change: number,
  clientPorts: string,
) {
  const seconds = idleSecondsOf(change);
  const window = `${subject.port} ${seconds - TIMER_SLACK_SECONDS} ${seconds}`;
  const startNs = process.hrtime.bigint();
  probes.fresh.write(`new ${window}`);
  probes.open.write(`open ${window} ${NEVER_MS} ${clientPorts}`);
  await subject.change(seconds);
  const toMs = (line: string): number => Number(BigInt(line) - startNs) / 1e6;
  const open = await probes.open.read();
  return {
    newMs: toMs(await probes.fresh.read()),
    openMs: open === 'never' ? undefined : toMs(open),
  };
}

async function measureChanges(subject: Subject, clients: Clients, probes: Probes) {
  const samples: { newMs: number; openMs: number | undefined }[] = [];
  for (let change = 1; change <= CHANGES; change += 1) {
    clients.websockets.write(`add ${WEBSOCKETS_PER_CHANGE}`);
    await clients.websockets.read();
    clients.websockets.write(`ports ${WATCHED}`);
    const ports = await clients.websockets.read();
    samples.push(await measureChange(subject, probes, change, ports));
    await delay(PAUSE_MS);
    process.stderr.write(process.stderr.isTTY ? `\r${subject.name} ${change}/${CHANGES} ` : '');
  }
  process.stderr.write(process.stderr.isTTY ? '\r' : '');
  return samples;
}

async function startLoad(
  port: number,
): Promise<() => Promise<{ requests: number; failed: number }>> {
  const url = `http://127.0.0.1:${port}/bytes/1024`;
  const load = spawn('wrk', ['-t1', '-c64', '-d600s', url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  load.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await delay(500);
  return async () => {
    // wrk prints its figures when it is interrupted.
    load.kill('SIGINT');
    await once(load, 'close');
    return readWrk(text);
  };
}

function readWrk(text: string): { requests: number; failed: number } {
  const sum = (pattern: RegExp): number =>
    [...(pattern.exec(text) ?? [])].slice(1).reduce((total, count) => total + Number(count), 0);
  const errors = sum(/Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/);
  return {
    requests: sum(/(\d+) requests in/),
    failed: errors + sum(/Non-2xx or 3xx responses: (\d+)/),
  };
}

async function measure(subject: Subject, probes: Probes): Promise<Result> {
  const port = String(subject.port);
  const clients = {
    websockets: held('websocket', port, '0', '/ws'),
    pool: held('http1', port, String(POOLED), '/bytes/1024'),
  };
  await clients.websockets.read();
  await clients.pool.read();
  const before = { processes: subject.pids().length, kib: pssKib(subject.pids()) };
  const stopLoad = await startLoad(subject.port);
  const samples = await measureChanges(subject, clients, probes);
  const { requests, failed } = await stopLoad();
  const closed =
    (await askNumber(clients.websockets, 'closed')) + (await askNumber(clients.pool, 'closed'));
  const pids = subject.pids();
  const result: Result = {
    requests,
    failed,
    closed,
    reuseFailed: await askNumber(clients.pool, 'reuse'),
    processes: `${before.processes} to ${pids.length}`,
    memoryMib: `${(before.kib / 1024).toFixed(0)} to ${(pssKib(pids) / 1024).toFixed(0)}`,
    newMs: samples.map(({ newMs }) => newMs),
    openMs: samples.map(({ openMs }) => openMs),
  };
  await clients.websockets.end();
  await clients.pool.end();
  return result;
}

function print({ name }: Subject, result: Result): void {
  const reached = result.openMs.filter((ms) => ms !== undefined);
  const spread = (values: readonly number[]): string =>
    [0, 0.5, 1].map((share) => quantile(values, share).toFixed(1)).join('/');
  const open =
    reached.length === 0 ? 'never' : `${spread(reached)} ms (${reached.length} of ${CHANGES})`;
  const websockets = CHANGES * WEBSOCKETS_PER_CHANGE;
  console.log(`${name}`);
  console.log(`  failed requests            ${result.failed} of ${result.requests}`);
  console.log(
    `  closed by the proxy        ${result.closed} of ${websockets} websockets and ${POOLED} pooled`,
  );
  console.log(`  pooled, reused: failed     ${result.reuseFailed} of ${POOLED}`);
  console.log(`  processes                  ${result.processes}`);
  console.log(`  memory, MiB of Pss         ${result.memoryMib}`);
  console.log(`  new connections have it    ${spread(result.newMs)} ms (min/med/max)`);
  console.log(`  open websockets have it    ${open}`);
}

function subjectsOf(stack: Stack): (() => Promise<Subject | undefined>)[] {
  return [
    () => startNative('nginx', stack, idleSecondsOf(0)),
    () => startNative('haproxy', stack, idleSecondsOf(0)),
    () => heartlineOf(stack, idleSecondsOf(0)),
  ];
}

async function main(): Promise<void> {
  const stack = await startStack();
  try {
    const binary = join(stack.dataDir, 'probe');
    execFileSync('gcc', ['-O2', '-o', binary, findSource('probe.c', import.meta.url)], {
      stdio: 'inherit',
    });
    const probes = { fresh: startLineProcess(binary, []), open: startLineProcess(binary, []) };
    console.log(
      `${CHANGES} changes of the keepalive time, ${PAUSE_MS} ms apart, under load of 64 connections`,
    );
    for (const start of subjectsOf(stack)) {
      const subject = await start();
      if (subject === undefined) {
        console.log('a proxy that is not installed is left out');
        continue;
      }
      print(subject, await measure(subject, probes));
      await subject.stop();
    }
    await probes.fresh.end();
    await probes.open.end();
  } finally {
    await stack.stop();
  }
}

await main();
