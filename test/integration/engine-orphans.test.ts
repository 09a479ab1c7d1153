// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Engine } from '../../dataplane/engine/engine.js';
import {
  connectRaw,
  holds,
  OFF,
  plan,
  portOf,
  type RawClient,
  startBackend,
  startEngine,
} from '../support/engine-lab.js';
import { leftTowards } from '../support/kernel-leftovers.js';
import { changeSockets } from '../support/socket-tool.js';

const BODY_BYTES = 64 * 1024;

interface Lab {
  readonly engine: Engine;
  readonly port: number;
  readonly backendPort: number;
  /** Answered and idle; its peer is dead in the first two. */
  readonly idleDead: RawClient;
  /** In the middle of an answer. */
  readonly streamDead: RawClient;
  readonly idle: RawClient;
  readonly stream: RawClient;
}

/** Keepalive is off: nobody has found the dead ones when their connections are ended. */
async function startLab(t: TestContext): Promise<Lab> {
  const backendPort = await startBackend(t, (request, response) => {
    if (request.url === '/whole') return void response.end('whole');
    response.write(Buffer.alloc(BODY_BYTES, 'a'));
    const timer = setInterval(() => response.write('tick\n'), 20);
    response.once('close', () => clearInterval(timer));
  });
  const engine = startEngine(t, { drainMs: 100 });
  await engine.apply(plan('1', { backendPort, tcp: OFF }));
  const port = portOf(engine);
  const ask = async (path: string, until: string): Promise<RawClient> => {
    const client = await connectRaw(t, port);
    client.socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
    await client.until(until);
    return client;
  };
  const lab = {
    engine,
    port,
    backendPort,
    idleDead: await ask('/whole', 'whole'),
    streamDead: await ask('/stream', 'tick'),
    idle: await ask('/whole', 'whole'),
    stream: await ask('/stream', 'tick'),
  };
  await changeSockets(
    'mute',
    [lab.idleDead, lab.streamDead].map(({ socket }) => socket),
  );
  return lab;
}

function portsOf(...clients: RawClient[]): number[] {
  return clients.map(({ socket }) => socket.localPort ?? 0);
}

/** A live peer is told by FIN, after everything that was written for it. */
function assertGraceful(
  clients: readonly RawClient[],
  errors: ReadonlyMap<RawClient, Error>,
): void {
  for (const client of clients) {
    assert.ok(client.ended(), 'it got FIN');
    assert.equal(errors.get(client), undefined, 'and no RST');
  }
}

function watchErrors(...clients: RawClient[]): ReadonlyMap<RawClient, Error> {
  const errors = new Map<RawClient, Error>();
  for (const client of clients) client.socket.on('error', (error) => errors.set(client, error));
  return errors;
}

describe('a connection that is ended by force', { concurrency: true }, () => {
  it('leaves nothing in the kernel at the end of a drain, and a live peer gets FIN', async (t) => {
    const { engine, port, idleDead, streamDead, idle, stream } = await startLab(t);
    const errors = watchErrors(idle, stream);
    const startMs = performance.now();
    await engine.drain(200);
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs < 10_000, `${tookMs} ms`);
    await holds(() => idle.ended() && stream.ended());
    assertGraceful([idle, stream], errors);
    assert.deepEqual(leftTowards([port], portsOf(idleDead, streamDead)), {});
  });

  it('leaves nothing when its listener was removed', async (t) => {
    const { engine, port, idleDead, streamDead, stream } = await startLab(t);
    await engine.apply(plan('2'));
    await holds(() => engine.summary().open === 0);
    await holds(() => stream.closed());
    await holds(() => Object.keys(leftTowards([port], portsOf(idleDead, streamDead))).length === 0);
  });

  it('leaves nothing when it was idle for too long', async (t) => {
    const { engine, port, backendPort, idleDead, idle } = await startLab(t);
    const errors = watchErrors(idle);
    // From now on: before, the peer might have answered the FIN while it was still alive.
    await engine.apply(plan('2', { backendPort, tcp: OFF, http: { http1IdleTimeoutMs: 500 } }));
    await holds(() => idle.ended());
    assertGraceful([idle], errors);
    await holds(() => Object.keys(leftTowards([port], portsOf(idleDead))).length === 0);
  });

  it('keeps what was written for a live peer that reads slowly', async (t) => {
    const { engine, stream } = await startLab(t);
    stream.socket.pause();
    const before = stream.received().length;
    const errors = watchErrors(stream);
    await engine.drain(300);
    stream.socket.resume();
    await holds(() => stream.ended());
    assertGraceful([stream], errors);
    assert.ok(stream.received().length > before, 'what the kernel held came after the end');
  });
});
