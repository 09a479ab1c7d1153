// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type { Engine } from '../../dataplane/engine/engine.js';
import {
  connectRaw,
  holds,
  listenOnLoopback,
  plan,
  portOf,
  startBackend,
  startEngine,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';

const REQUEST = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const KEY = '0/ns/gw';
const WAITING = 40;

/** Connects at a word and tells how its requests ended. Python, so that it runs while this process does nothing. */
const CLIENTS = `
import json, socket, sys
port, count = int(sys.argv[1]), int(sys.argv[2])
print('ready', flush=True)
sys.stdin.readline()
sockets = [socket.create_connection(('127.0.0.1', port)) for _ in range(count)]
for one in sockets: one.sendall(b'GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n')
counts = {}
for one in sockets:
    one.settimeout(20)
    try: answer = one.recv(4096)[9:12].decode() or 'FIN'
    except OSError as error: answer = type(error).__name__
    counts[answer] = counts.get(answer, 0) + 1
print(json.dumps(counts), flush=True)
`;

async function okBackend(t: TestContext): Promise<number> {
  return startBackend(t, (_request, response) => response.end('ok'));
}

/** Length of the accept queue, as the kernel shows it. */
function queueOf(port: number): number {
  const text = execFileSync('ss', ['-Hltn', `sport = :${port}`], { encoding: 'utf8' });
  return Number(text.trim().split(/\s+/)[1] ?? 0);
}

/** Fills the accept queue of a port while this process does not look, runs `then`, and tells how the clients fared. */
async function withWaiting(t: TestContext, port: number, then: () => void): Promise<unknown> {
  const child = spawn('python3', ['-c', CLIENTS, String(port), String(WAITING)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  await new Promise((written) => child.stdin.write('go\n', written));
  for (let at = 0; queueOf(port) < WAITING; at += 1) assert.ok(at < 2000, 'nobody connects');
  then();
  const [counts] = (await once(lines, 'line')) as [string];
  return JSON.parse(counts);
}

function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(false));
    socket.once('error', () => resolve(true));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

describe('those in the accept queue of a port that goes', () => {
  const ways: readonly (readonly [string, (engine: Engine, backendPort: number) => unknown])[] = [
    ['removed', (engine) => engine.apply(plan('2'))],
    [
      'refused',
      (engine, backendPort) => engine.apply(plan('2', { backendPort, refusal: 'closed for now' })),
    ],
    ['drained', (engine) => engine.drain(20_000)],
  ];
  for (const [name, leave] of ways) {
    it(`${name}: are all answered, with Connection: close, before it closes`, async (t) => {
      const backendPort = await okBackend(t);
      const engine = startEngine(t);
      await engine.apply(plan('1', { backendPort }));
      const port = portOf(engine);
      const counts = await withWaiting(t, port, () => void leave(engine, backendPort));
      assert.deepEqual(counts, { 200: WAITING });
      assert.equal(await isRefused(port), true);
      await eventually(() => assert.equal(engine.summary().open, 0));
    });
  }

  it('do not keep another bind from the port', async (t) => {
    const backendPort = await okBackend(t);
    const engine = startEngine(t);
    await engine.apply(plan('1', { backendPort }));
    const port = portOf(engine);
    let report: ReturnType<Engine['apply']> | undefined;
    const counts = await withWaiting(t, port, () => {
      report = engine.apply(plan('2', { key: 'other', port, backendPort }));
    });
    assert.deepEqual(counts, { 200: WAITING });
    assert.deepEqual((await report)?.warnings, []);
    assert.equal(portOf(engine, 'other'), port);
  });
});

describe('a port that comes and goes', { concurrency: true }, () => {
  it('opened again before the drain deadline keeps its new connections past it', async (t) => {
    const server = createHttpServer((_request, response) => response.end('ok'));
    new WebSocketServer({ server });
    const backendPort = await listenOnLoopback(t, server);
    const engine = startEngine(t, { drainMs: 400 });
    await engine.apply(plan('1', { backendPort }));
    const old = new WebSocket(`ws://127.0.0.1:${portOf(engine)}/`);
    await once(old, 'open');
    const oldGone = once(old, 'close');
    await engine.apply(plan('2', { backendPort, refusal: 'closed for now' }));
    await engine.apply(plan('3', { backendPort }));
    const young = await connectRaw(t, portOf(engine));
    young.socket.write(REQUEST);
    assert.doesNotMatch(await young.until('ok'), /connection: close/);
    await oldGone;
    young.socket.write(REQUEST);
    await eventually(() => assert.equal(young.received().split('ok').length, 3));
    assert.equal(young.ended(), false);
  });

  it('the hard end is a reset', async (t) => {
    const sink = createServer({ allowHalfOpen: true }, (socket) => socket.resume());
    const backendPort = await listenOnLoopback(t, sink);
    const engine = startEngine(t, { drainMs: 200 });
    await engine.apply(plan('1', { backendPort, protocol: 'tcp' }));
    const client = connect(portOf(engine), '127.0.0.1');
    t.after(() => client.destroy());
    await eventually(() => assert.equal(engine.summary().open, 1));
    const ended = once(client, 'error') as Promise<[NodeJS.ErrnoException]>;
    client.resume();
    await engine.apply(plan('2'));
    const [error] = await ended;
    assert.equal(error.code, 'ECONNRESET');
  });

  it('two applies at once both say that a port is taken', async (t) => {
    const occupant = createServer();
    occupant.listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    t.after(() => occupant.close());
    const { port } = occupant.address() as AddressInfo;
    const engine = startEngine(t);
    const reports = await Promise.all([
      engine.apply(plan('1', { key: KEY, port })),
      engine.apply(plan('2', { key: KEY, port })),
    ]);
    for (const { warnings } of reports) {
      assert.deepEqual(
        warnings.map(({ message }) => message),
        [`port ${port} is in use by another process`],
      );
    }
  });

  it('nothing is opened any more once the engine drains', async (t) => {
    const engine = startEngine(t);
    const applied = engine.apply(plan('1', {}));
    await engine.drain(0);
    await applied;
    await holds(() => engine.summary().listeners.every(({ listening }) => !listening));
    await engine.apply(plan('2', {}));
    assert.ok(engine.summary().listeners.every(({ listening }) => !listening));
  });
});
