// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.js';
import { HTTP_PART, TCP_PART } from '../support/guide.js';
import { formatValues, type KernelSocket, kernelSockets } from '../support/kernel-oracle.js';
import { type PopulationProcess, startPopulation } from '../support/population-process.js';
import { readCommands } from '../support/readme.js';

/**
 * The README as a new user follows it: its own text, a copy of the tracked files, an empty npm cache, no
 * install scripts; the fixed ports are free because it all runs in a network namespace of its own.
 */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NETNS = `hl-walk-${process.pid}`;

const TCP_DUMP = JSON.stringify(TCP_PART.dump);
const HTTP_DUMP = JSON.stringify(HTTP_PART.dump);

let directory: string;
let copy: string;
let up: ChildProcess | undefined;
let upText = '';
let clients: PopulationProcess | undefined;

function trackedFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\0').filter((file) => file !== '');
}

function environment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    npm_config_cache: join(directory, 'npm-cache'),
    npm_config_ignore_scripts: 'true',
  };
}

/** Runs one line of the README in the copy and the namespace; a failing line fails the test. */
function run(line: string): string {
  return execFileSync('ip', ['netns', 'exec', NETNS, 'bash', '-o', 'pipefail', '-c', line], {
    cwd: copy,
    env: environment(),
    encoding: 'utf8',
    timeout: 120_000,
  });
}

function step(pattern: RegExp): string {
  const found = readCommands(join(ROOT, 'README.md'), 'The walk').filter((l) => pattern.test(l));
  assert.equal(found.length, 1, `the README's walk has one line like ${pattern}`);
  return found[0] ?? '';
}

async function workerSockets(): Promise<readonly KernelSocket[]> {
  const sockets = await kernelSockets(workerPid());
  return sockets.filter((socket) => socket.localPort === 8080 || socket.localPort === 8090);
}

function namespacePids(): readonly number[] {
  const listed = execFileSync('ip', ['netns', 'pids', NETNS], { encoding: 'utf8' });
  return listed
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

function workerPid(): number {
  const worker = namespacePids().find((pid) => commandOf(pid).includes('dataplane/main'));
  assert.ok(worker, 'the worker runs');
  return worker;
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
}

function assertKeepalive(sockets: readonly KernelSocket[], expected: string): void {
  const ports = new Set(clients?.clientPorts);
  const held = sockets.filter((socket) => ports.has(socket.remotePort));
  assert.equal(held.length, ports.size, 'every held connection is still there');
  assert.ok(sockets.filter((socket) => socket.listening).length >= 2, 'both listeners are there');
  for (const socket of sockets) {
    const where = `${socket.localPort} <- ${socket.remotePort}`;
    assert.equal(formatValues(socket), expected, where);
  }
}

function systemDefaults(): string {
  const read = (name: string): string => run(`cat /proc/sys/net/ipv4/tcp_keepalive_${name}`).trim();
  return `0/${read('time')}/${read('intvl')}/${read('probes')}/0`;
}

const skip = process.getuid?.() === 0 ? false : 'a network namespace needs root';

describe('the walk of the README', { skip }, () => {
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'heartline-walk-'));
    copy = join(directory, 'heartline');
    for (const file of trackedFiles()) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      cpSync(join(ROOT, file), join(copy, file));
    }
    execFileSync('ip', ['netns', 'add', NETNS]);
    execFileSync('ip', ['netns', 'exec', NETNS, 'ip', 'link', 'set', 'lo', 'up']);
  });

  after(() => {
    clients?.kill();
    for (const pid of namespacePids()) process.kill(pid, 'SIGKILL');
    execFileSync('ip', ['netns', 'delete', NETNS]);
    rmSync(directory, { recursive: true, force: true });
  });

  it("the README's set-up and start bring everything up, with no policy", {
    timeout: 400_000,
  }, async () => {
    const [start] = readCommands(join(ROOT, 'README.md'), 'Two commands');
    assert.equal(start, 'npm start');
    execFileSync('node', ['deploy/setup.mjs'], { cwd: copy, env: environment(), stdio: 'pipe' });
    up = spawn('ip', ['netns', 'exec', NETNS, 'npm', 'start'], {
      cwd: copy,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    up.stdout?.on('data', (chunk: Buffer) => (upText += chunk));
    up.stderr?.on('data', (chunk: Buffer) => (upText += chunk));
    await eventually(
      () => assert.match(upText, /npx heartline apply -f deploy\/examples\/tcp-keepalive\.yaml/),
      { deadlineMs: 120_000 },
    );
    assert.equal(run('curl -s localhost:15000/config_dump | jq ".policies | length"').trim(), '0');
    clients = await startPopulation({
      host: '127.0.0.1',
      port: 8080,
      counts: { idle: 20, streaming: 3, websockets: 3, http2: 4, load: 1 },
      netns: NETNS,
    });
    assertKeepalive(await workerSockets(), systemDefaults());
  });

  it('the TCP policy reaches the open connections', { timeout: 60_000 }, async () => {
    const apply = step(/apply -f .*tcp-keepalive/);
    assert.match(run(apply), /httpbin-keepalive created/);
    await eventually(async () => assertKeepalive(await workerSockets(), '1/30/5/3/0'));
    const lines = run(step(/heartline connections/)).split('\n');
    for (const port of clients?.clientPorts ?? []) {
      const line = lines.find((text) => text.includes(`127.0.0.1:${port} `));
      assert.match(line ?? '', /1\/30\/5\/3/, `the connection from port ${port} is listed`);
    }
    assert.match(run(step(/config-dump/)), /"tCP"/);
    const filter = TCP_PART.readDump;
    assert.equal(run(`${filter.replace('| jq ', '| jq -c ')}`).trim(), TCP_DUMP);
    assert.match(run(step(/heartline fleet/)), /agentgateway-proxy-0/);
    assert.match(run(apply), /httpbin-keepalive unchanged/);
  });

  it('after the delete they are off again, with the system values', {
    timeout: 60_000,
  }, async () => {
    assert.match(run(step(/heartline delete/)), /httpbin-keepalive.* deleted/);
    await eventually(async () => assertKeepalive(await workerSockets(), systemDefaults()));
  });

  it('the HTTP policy makes open HTTP/2 sessions answer PINGs', { timeout: 60_000 }, async () => {
    assert.match(run(step(/apply -f .*http-keepalive/)), /httpbin-keepalive created/);
    const filter = HTTP_PART.readDump;
    await eventually(() =>
      assert.equal(run(filter.replace('| jq ', '| jq -c ')).trim(), HTTP_DUMP),
    );
    await new Promise((resolve) => setTimeout(resolve, 17_000));
    const result = await clients?.finish();
    assert.ok(result);
    assert.deepEqual(result.closed, [], 'no connection closed');
    assert.deepEqual(result.failed, [], 'no request failed');
    for (const times of result.pingTimesMs) {
      assert.ok(times.length >= 3, `a session got ${times.length} PINGs in 17 s`);
      times.slice(1).forEach((time, index) => {
        const gapMs = time - (times[index] ?? 0);
        assert.ok(gapMs >= 4_450, `PING after ${gapMs} ms: never earlier than 0.9 intervals`);
        assert.ok(gapMs <= 6_000, `PING after ${gapMs} ms: an interval plus one second at most`);
      });
    }
  });

  it('apply over another policy prints what it removed', { timeout: 60_000 }, () => {
    run(step(/apply -f .*tcp-keepalive/));
    const replaced = run(step(/apply -f .*http-keepalive/));
    assert.match(replaced, /configured: -frontend\.tcp \+frontend\.http/);
  });

  it('Ctrl-C stops all of it', { timeout: 60_000 }, async () => {
    assert.ok(up?.pid, 'npm start runs');
    // A terminal sends it to the whole foreground group: npm, its shell and heartline.
    process.kill(-up.pid, 'SIGINT');
    await eventually(() => assert.deepEqual(namespacePids(), [], 'no process is left'));
  });
});
