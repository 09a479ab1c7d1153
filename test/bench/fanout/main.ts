// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
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
 * One change to N workers on a connection each, from the change to the last acknowledgement, beside two
 * servers that only write bytes: one on the same gRPC library, one on gRPC-Go where it is installed.
 */
const WORKERS = Number(process.argv[2] ?? 1_000);
const SIZES = [10, 1_000, 10_000];
const WARM_UP = 20;
const PUSHES = 60;
const GO_SOURCES = '/usr/share/gocode/src/google.golang.org/grpc';
const url = (file: string): URL => new URL(file, import.meta.url);

interface Push {
  readonly ms: number;
  readonly cpuUs: number;
}

async function ask(server: LineProcess, line: string): Promise<string> {
  server.write(line);
  return server.read();
}

async function measure(name: string, start: () => LineProcess): Promise<void> {
  const server = start();
  const port = await server.read();
  const before = Number(await ask(server, 'memory'));
  const workers = startNodeProcess(url('./workers-main.js'), [port, String(WORKERS)]);
  await workers.read();
  await ask(server, `connected ${WORKERS}`);
  const after = Number(await ask(server, 'memory'));
  const pushes: Push[] = [];
  for (let n = 0; n < WARM_UP + PUSHES; n += 1) {
    const push = JSON.parse(await ask(server, `push ${WORKERS}`)) as Push;
    if (n >= WARM_UP) pushes.push(push);
  }
  await workers.end();
  await server.end();
  const ms = pushes.map((push) => push.ms);
  const cpu = pushes.map((push) => push.cpuUs / WORKERS);
  const cells = [median(ms), quantile(ms, 0.99), median(cpu), (after - before) / WORKERS / 1024];
  console.log(`${name.padEnd(34)}${cells.map((cell) => cell.toFixed(1).padStart(10)).join('')}`);
}

function startOurs(resources: number): LineProcess {
  return startNodeProcess(url('./heartline-main.js'), [String(resources)], ['--expose-gc']);
}

async function main(): Promise<void> {
  console.log(`one change to ${WORKERS} workers, ${PUSHES} times`);
  const heads = ['p50 ms', 'p99 ms', 'µs/worker', 'KB/worker'];
  console.log(`${''.padEnd(34)}${heads.map((head) => head.padStart(10)).join('')}`);
  for (const size of SIZES) await measure(`heartline, ${size} routes`, () => startOurs(size));
  await measure('grpc-js, bytes only', () =>
    startNodeProcess(url('./raw-grpc-main.js'), [], ['--expose-gc']),
  );
  if (existsSync(GO_SOURCES)) await measureGo();
  else console.log('gRPC-Go is not installed (golang-go, golang-google-grpc-dev): not measured');
}

async function measureGo(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'heartline-fanout-go-'));
  try {
    const binary = join(dir, 'fanout');
    const env = { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOCACHE: dir };
    execFileSync('go', ['build', '-o', binary, findSource('raw-grpc.go', import.meta.url)], {
      env,
      stdio: 'inherit',
    });
    await measure('gRPC-Go, bytes only', () => startLineProcess(binary, []));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

await main();
