// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import {
  bindPlan,
  connectRaw,
  distinctValues,
  holds,
  keepalive,
  listenOnLoopback,
  portOf,
  type RawClient,
  serverSockets,
  startEngine,
  UPSTREAM,
  valuesOf,
} from '../support/engine-lab.js';

const MAIN = fileURLToPath(new URL('../support/limited-engine-main.ts', import.meta.url));
const LIMIT = 320;
/** A quarter of the limit, as 256 are more than that leaves; a connection and its backend are two. */
const MOST_PAIRS = LIMIT / 4 / 2;

async function startEcho(t: TestContext): Promise<number> {
  return listenOnLoopback(
    t,
    createServer((socket) => socket.pipe(socket)),
  );
}

async function metric(adminPort: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/`)).text();
  const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)$`, 'm').exec(text)?.[1];
  assert.ok(value !== undefined, `${name} is not in: ${text}`);
  return Number(value);
}

describe('a process with few descriptors', () => {
  it('stops accepting before none is left, keeps answering its operator, and serves everybody in the end', async (t) => {
    const backendPort = await startEcho(t);
    const command = `ulimit -n ${LIMIT}; exec "$0" "$@"`;
    const node = [process.execPath, '--import', import.meta.resolve('tsx'), MAIN];
    const child = spawn('sh', ['-c', command, ...node, String(backendPort)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const [port = 0, adminPort = 0, limit] = JSON.parse(line.toString()) as number[];
    assert.equal(limit, LIMIT);

    const count = 200;
    const clients: RawClient[] = [];
    for (let at = 0; at < count; at += 1) clients.push(await connectRaw(t, port));
    for (const [at, { socket }] of clients.entries()) socket.write(`<${at}>`);
    const served = (): RawClient[] =>
      clients.filter(({ received }, at) => received() === `<${at}>`);
    await holds(() => served().length >= MOST_PAIRS - 2);

    assert.equal(await metric(adminPort, 'heartline_accept_pauses_total'), 1);
    assert.ok((await metric(adminPort, 'heartline_descriptors_free')) < 2);
    assert.ok(served().length <= MOST_PAIRS, `${served().length} are served`);
    const open = readdirSync(`/proc/${child.pid}/fd`).length;
    assert.ok(open < LIMIT - 100, `${open} of ${LIMIT} descriptors are open`);
    assert.ok(
      clients.every(({ closed }) => !closed()),
      'the others wait, they are not refused',
    );

    const done = new Set<RawClient>();
    while (done.size < count) {
      // A whole batch at a time: room comes back when there is none, and is taken up again.
      const batch = Math.min(MOST_PAIRS - 2, count - done.size);
      await holds(() => served().length - done.size >= batch);
      for (const client of served()) {
        if (done.has(client)) continue;
        done.add(client);
        client.socket.end();
      }
    }
    assert.ok((await metric(adminPort, 'heartline_accept_pauses_total')) >= 2, 'it stops and goes');
  });

  it('changes the values of a listening socket that does not accept, and of what waits there', async (t) => {
    const registry = new Registry();
    const backendPort = await startEcho(t);
    const engine = startEngine(t, { registry, openFileLimit: 16 });
    const apply = (version: string, seconds: number) => {
      const tcp = keepalive(seconds, 5, 3);
      const bind = bindPlan({ protocol: 'tcp', backendPort, tcp });
      return engine.apply({ version, binds: [bind], upstreamTcp: UPSTREAM });
    };
    await apply('1', 30);
    const port = portOf(engine);
    const first = [await connectRaw(t, port), await connectRaw(t, port)];
    for (const { socket } of first) socket.write('x');
    await holds(() => first.every(({ received }) => received() === 'x'));
    const waiting = await connectRaw(t, port);
    waiting.socket.write('y');
    const { errors, warnings } = await apply('2', 40);
    assert.deepEqual([errors, warnings, engine.summary().inForce], [[], [], true]);
    assert.equal(engine.summary().open, 2);
    const own = (await serverSockets(port)).filter(({ listening }) => listening);
    assert.deepEqual(distinctValues(own), [valuesOf(keepalive(40, 5, 3))]);
    assert.equal(own.length, 1);

    for (const { socket } of first) socket.end();
    await waiting.until('y');
    await holds(() => engine.summary().open === 1);
    assert.deepEqual(distinctValues(await serverSockets(port)), [valuesOf(keepalive(40, 5, 3))]);
  });
});
