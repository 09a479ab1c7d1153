// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { findPortOwner } from '../../../shared/process/port-owner.js';
import { systemClock } from '../../../shared/time/system-clock.js';
import type { ChildSpec } from './child.js';
import { createHousehold, type Household } from './household.js';

/** A whole child in plain JavaScript: serves 200 on a port until it is told to end, and ends with its parent. */
const SERVER = `
const [port] = process.argv.slice(2);
require('node:http').createServer((_, answer) => answer.end()).listen(port, '127.0.0.1');
process.stdin.on('end', () => process.exit()).resume();
process.on('SIGTERM', () => { console.error('asked to end'); process.exit(); });
`;
const DEADLINE_MS = 20_000;

describe('household', () => {
  let logs: string;
  let spec: ChildSpec;
  let port: number;
  let told: string[];
  let household: Household;
  beforeEach(async () => {
    logs = mkdtempSync(join(tmpdir(), 'heartline-household-'));
    const entry = join(logs, 'server.cjs');
    writeFileSync(entry, SERVER);
    port = await freePort();
    spec = {
      name: 'test child',
      args: [entry, String(port)],
      readyUrl: `http://127.0.0.1:${port}/`,
    };
    told = [];
    household = createHousehold({ logs, clock: systemClock(), tell: (line) => told.push(line) });
  });
  afterEach(async () => {
    await household.stop();
    rmSync(logs, { recursive: true, force: true });
  });

  it('starts a child, and ends it when asked', async () => {
    await household.start(spec);
    assert.ok(findPortOwner(port));
    await household.stop();
    assert.equal(findPortOwner(port), undefined);
    assert.deepEqual(told, []);
    assert.match(readFileSync(join(logs, 'test-child.log'), 'utf8'), /asked to end/);
  });

  it('starts a child again after its death, and says so', async () => {
    await household.start(spec);
    const first = findPortOwner(port)?.pid;
    assert.ok(first);
    process.kill(first, 'SIGKILL');
    await until(() => told.some((line) => line.includes('ready again')));
    assert.notEqual(findPortOwner(port)?.pid, first);
    assert.match(
      told[0] ?? '',
      /^test child: ended with signal SIGKILL.*\(log: .*test-child\.log\)$/,
    );
    assert.equal(told[1], 'test child: starting it again in 0.5 s');
    assert.match(told[2] ?? '', /^test child: ready again, pid \d+$/);
  });

  it('fails with the last words of a child that ends while it starts', async () => {
    const broken = { ...spec, args: ['-e', 'console.error("no such thing"); process.exit(3)'] };
    await assert.rejects(household.start(broken), {
      code: 'UNAVAILABLE',
      message:
        /^the test child ended while it started: no such thing; its log is .*test-child\.log$/,
    });
    assert.deepEqual(told, []);
  });

  it('starts nothing once it stops', async () => {
    await household.stop();
    await assert.rejects(household.start(spec), { message: /stopping/ });
  });

  it('keeps the log of the start before', async () => {
    await household.start(spec);
    await household.stop();
    household = createHousehold({ logs, clock: systemClock(), tell: () => undefined });
    await household.start(spec);
    assert.match(readFileSync(join(logs, 'test-child.log.1'), 'utf8'), /asked to end/);
    assert.equal(readFileSync(join(logs, 'test-child.log'), 'utf8'), '');
  });

  it('leaves no child behind when it is killed itself', async () => {
    const module = new URL('./household.ts', import.meta.url).href;
    const clock = new URL('../../../shared/time/system-clock.ts', import.meta.url).href;
    const parent = spawn(
      process.execPath,
      [
        ...process.execArgv.filter((flag) => !flag.startsWith('--test')),
        '--input-type=module',
        '--eval',
        `const { createHousehold } = await import(${JSON.stringify(module)});
         const { systemClock } = await import(${JSON.stringify(clock)});
         const household = createHousehold({ logs: ${JSON.stringify(logs)}, clock: systemClock(), tell: console.log });
         await household.start(${JSON.stringify(spec)});
         console.log('started');`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    assert.equal(line.toString().trim(), 'started');
    assert.ok(findPortOwner(port));
    parent.kill('SIGKILL');
    await until(() => findPortOwner(port) === undefined);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!holds()) {
    assert.ok(performance.now() < end, 'the deadline passed');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
