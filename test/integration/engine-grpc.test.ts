// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import {
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { Engine } from '../../dataplane/engine/engine.js';
import type { HttpRoutePlan } from '../../dataplane/engine/plan.js';
import {
  bindPlan,
  holds,
  listenOnLoopback,
  plan,
  portOf,
  startBackend,
  startEngine,
} from '../support/engine-lab.js';
import type { HeaderPair } from '../support/hpack.js';
import {
  connectHttp2Peer,
  type Http2Peer,
  requestOf,
  type StreamView,
  statusOf,
} from '../support/http2-peer.js';

const GRPC: HeaderPair = ['content-type', 'application/grpc'];
const PATH = '/t.T/Call';

const call = (path = PATH): HeaderPair[] => requestOf('POST', path, GRPC, ['te', 'trailers']);

interface Backend {
  readonly port: number;
  readonly sessions: ServerHttp2Session[];
  readonly streams: ServerHttp2Stream[];
  readonly pings: () => number;
}

/** An HTTP/2 backend whose streams `serve` handles; `index` counts them from 0. */
async function startHttp2Backend(
  t: TestContext,
  serve: (stream: ServerHttp2Stream, index: number) => void,
  maxConcurrentStreams = 100,
): Promise<Backend> {
  const server: Http2Server = createServer({ settings: { maxConcurrentStreams } });
  const sessions: ServerHttp2Session[] = [];
  const streams: ServerHttp2Stream[] = [];
  let pings = 0;
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => undefined);
    session.on('ping', () => {
      pings += 1;
    });
  });
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    serve(stream, streams.push(stream) - 1);
  });
  const port = await listenOnLoopback(t, server as never);
  t.after(() => {
    for (const session of sessions) session.destroy();
  });
  return { port, sessions, streams, pings: () => pings };
}

interface Lab {
  readonly engine: Engine;
  readonly peer: Http2Peer;
}

async function startLab(
  t: TestContext,
  backendPort: number,
  route: Partial<HttpRoutePlan> = {},
): Promise<Lab> {
  const bind = bindPlan({ backendPort });
  const [listener] = bind.listeners;
  const [only] = listener?.routes ?? [];
  assert.ok(listener && only);
  const engine = startEngine(t);
  const listeners = [{ ...listener, routes: [{ ...only, ...route }] }];
  await engine.apply({ ...plan('1'), binds: [{ ...bind, listeners }] });
  return { engine, peer: await connectHttp2Peer(t, portOf(engine)) };
}

async function over(peer: Http2Peer, id: number): Promise<StreamView> {
  await holds(() => peer.stream(id).ended || peer.stream(id).reset !== undefined);
  return peer.stream(id);
}

function grpcStatusOf({ heads }: StreamView): string | undefined {
  return heads.at(-1)?.find(([name]) => name === 'grpc-status')?.[1];
}

/** Answers with what it got, and OK in the trailers. */
function echo(stream: ServerHttp2Stream): void {
  stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.pipe(stream);
}

async function unary(peer: Http2Peer, id: number, body = 'message'): Promise<StreamView> {
  peer.request(id, call(), { end: false });
  peer.data(id, body, { end: true });
  return over(peer, id);
}

async function upstreamBusy(engine: Engine): Promise<number> {
  const page = await engine.query({ afterId: 0, limit: 1000, side: 'upstream' });
  return page.total;
}

describe('gRPC clients are told in their own words', { concurrency: true }, () => {
  async function closedPort(t: TestContext): Promise<number> {
    const server = createTcpServer();
    const port = await listenOnLoopback(t, server);
    server.close();
    return port;
  }

  const silent = (t: TestContext): Promise<number> =>
    startHttp2Backend(t, () => undefined).then(({ port }) => port);
  const http1Only = (t: TestContext): Promise<number> =>
    startBackend(t, (_request, response) => response.end());

  const hangsUp = (t: TestContext): Promise<number> =>
    listenOnLoopback(
      t,
      createTcpServer((socket) => socket.end()),
    );

  const failures: [string, (t: TestContext) => Promise<number>, Partial<HttpRoutePlan>, string][] =
    [
      ['no route is UNIMPLEMENTED', silent, { pathMatch: { type: 'exact', value: '/x' } }, '12'],
      ['a refused route is UNKNOWN', silent, { refusal: { reason: 'no' } }, '2'],
      ['a backend that is down is UNAVAILABLE', closedPort, {}, '14'],
      ['a backend without HTTP/2 is UNAVAILABLE', http1Only, {}, '14'],
      ['a backend that hangs up is UNAVAILABLE', hangsUp, {}, '14'],
      ['the time limit is DEADLINE_EXCEEDED', silent, { timeoutMs: 100 }, '4'],
    ];
  for (const [name, start, route, code] of failures) {
    it(name, async (t) => {
      const { peer } = await startLab(t, await start(t), route);
      const stream = await unary(peer, 1);
      assert.equal(statusOf(stream), '200');
      assert.equal(stream.heads.length, 1, 'an answer of trailers only');
      assert.equal(stream.body.length, 0);
      assert.equal(grpcStatusOf(stream), code);
    });
  }

  it('a backend that breaks off before its answer is UNAVAILABLE', async (t) => {
    const { port } = await startHttp2Backend(t, (stream) => stream.session?.destroy());
    const { peer } = await startLab(t, port);
    assert.equal(grpcStatusOf(await unary(peer, 1)), '14');
  });

  it('one that breaks off later is seen as broken off', async (t) => {
    const { port } = await startHttp2Backend(t, (stream) => {
      stream.respond({ 'content-type': 'application/grpc' });
      stream.write('half', () => stream.session?.destroy());
    });
    const { peer } = await startLab(t, port);
    const stream = await unary(peer, 1);
    assert.equal(stream.body.toString(), 'half');
    assert.equal(stream.ended, false);
    assert.equal(stream.reset, 'INTERNAL_ERROR');
  });
});

describe('gRPC streams', { concurrency: true }, () => {
  it('go both ways at once, trailers last', async (t) => {
    const { port, pings } = await startHttp2Backend(t, echo);
    const { peer } = await startLab(t, port);
    peer.request(1, call(), { end: false });
    let sent = '';
    for (let i = 0; i < 20; i += 1) {
      sent += `message ${i};`;
      peer.data(1, `message ${i};`);
      await holds(() => peer.stream(1).body.toString() === sent);
    }
    peer.data(1, '', { end: true });
    assert.equal(grpcStatusOf(await over(peer, 1)), '0');
    assert.equal(pings(), 0, 'PINGs to a backend');
  });

  it('end at the backend when the client takes the call back', async (t) => {
    const { port, streams } = await startHttp2Backend(t, echo);
    const { peer } = await startLab(t, port);
    peer.request(1, call(), { end: false });
    peer.data(1, 'x');
    await holds(() => peer.stream(1).body.length === 1);
    peer.send(Buffer.from([0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8]));
    await holds(() => streams[0]?.closed === true);
    assert.equal(streams[0]?.rstCode, constants.NGHTTP2_CANCEL);
  });

  it('end at the backend that has answered while the client still sends', async (t) => {
    const { port, streams } = await startHttp2Backend(t, (stream) => {
      stream.respond(
        { 'content-type': 'application/grpc', 'grpc-status': '8' },
        { endStream: true },
      );
    });
    const { peer } = await startLab(t, port);
    peer.request(1, call(), { end: false });
    peer.data(1, 'x');
    assert.equal(grpcStatusOf(await over(peer, 1)), '8');
    await holds(() => streams[0]?.closed === true);
    await holds(() => peer.stream(1).reset === 'NO_ERROR');
  });
});

describe('gRPC calls that no backend took', { concurrency: true }, () => {
  it('move to another session when GOAWAY says so', async (t) => {
    const backend = await startHttp2Backend(t, (stream, index) => {
      // Of two, only the first was taken.
      if (index === 1) stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1);
      else echo(stream);
    });
    const { peer } = await startLab(t, backend.port);
    peer.request(1, call(), { end: false });
    await holds(() => backend.streams.length === 1);
    const moved = await unary(peer, 3);
    assert.equal(grpcStatusOf(moved), '0');
    assert.equal(moved.body.toString(), 'message');
    assert.equal(backend.sessions.length, 2);
    peer.data(1, 'stayed', { end: true });
    assert.equal((await over(peer, 1)).body.toString(), 'stayed');
  });

  it('are sent again, whole, when they were refused', async (t) => {
    const backend = await startHttp2Backend(t, (stream, index) => {
      if (index < 2) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else echo(stream);
    });
    const { peer } = await startLab(t, backend.port);
    const stream = await unary(peer, 1, 'm'.repeat(10_000));
    assert.equal(grpcStatusOf(stream), '0');
    assert.equal(stream.body.toString(), 'm'.repeat(10_000));
  });

  it('are given up after three times', async (t) => {
    const backend = await startHttp2Backend(t, (stream) =>
      stream.close(constants.NGHTTP2_REFUSED_STREAM),
    );
    const { peer } = await startLab(t, backend.port);
    assert.equal(grpcStatusOf(await unary(peer, 1)), '14');
    assert.equal(backend.streams.length, 3);
  });

  it('are not sent again when they are longer than what is kept', async (t) => {
    const backend = await startHttp2Backend(t, (stream) => {
      let bytes = 0;
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > 80_000) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      });
    });
    const { peer } = await startLab(t, backend.port);
    peer.request(1, call(), { end: false });
    for (let i = 0; i < 6; i += 1) peer.data(1, Buffer.alloc(16_000));
    assert.equal(grpcStatusOf(await over(peer, 1)), '14');
    assert.equal(backend.streams.length, 1);
  });

  it('are not sent again once the answer began', async (t) => {
    const backend = await startHttp2Backend(t, (stream) => {
      stream.respond({ 'content-type': 'application/grpc' });
      stream.write('x');
    });
    const { peer } = await startLab(t, backend.port);
    peer.request(1, call());
    await holds(() => peer.stream(1).body.length === 1);
    backend.streams[0]?.destroy(new Error('broken'));
    const stream = await over(peer, 1);
    assert.equal(stream.ended, false);
    assert.equal(backend.streams.length, 1);
  });
});

describe('sessions to a gRPC backend', { concurrency: true }, () => {
  it('are as many as its limit of streams asks for', async (t) => {
    const waiting: ServerHttp2Stream[] = [];
    const backend = await startHttp2Backend(t, (stream) => waiting.push(stream), 2);
    const { peer, engine } = await startLab(t, backend.port);
    const ids = [1, 3, 5, 7, 9, 11];
    for (const id of ids) peer.request(id, call());
    await holds(() => waiting.length === ids.length);
    assert.equal(backend.sessions.length, 3);
    for (const stream of waiting) echo(stream);
    for (const id of ids) assert.equal(grpcStatusOf(await over(peer, id)), '0');
    for (const id of [13, 15]) assert.equal(grpcStatusOf(await unaryEcho(peer, id, waiting)), '0');
    assert.equal(backend.sessions.length, 3, 'idle ones are used again');
    assert.equal(await upstreamBusy(engine), 3);
  });

  async function unaryEcho(
    peer: Http2Peer,
    id: number,
    waiting: ServerHttp2Stream[],
  ): Promise<StreamView> {
    const before = waiting.length;
    peer.request(id, call());
    await holds(() => waiting.length > before);
    const stream = waiting.at(-1);
    if (stream !== undefined) echo(stream);
    return over(peer, id);
  }

  it('are one for a hundred calls', async (t) => {
    const backend = await startHttp2Backend(t, echo);
    const { peer } = await startLab(t, backend.port);
    const ids = Array.from({ length: 100 }, (_, i) => 2 * i + 1);
    for (const id of ids) {
      peer.request(id, call(), { end: false });
      peer.data(id, `m${id}`, { end: true });
    }
    await holds(() => peer.endedStreams() === ids.length);
    for (const id of ids) assert.equal(peer.stream(id).body.toString(), `m${id}`);
    assert.equal(backend.sessions.length, 1);
  });

  it('are opened anew after one was lost', async (t) => {
    const backend = await startHttp2Backend(t, echo);
    const { peer } = await startLab(t, backend.port);
    for (let i = 0; i < 5; i += 1) {
      assert.equal(grpcStatusOf(await unary(peer, 2 * i + 1)), '0');
      backend.sessions.at(-1)?.destroy();
    }
  });
});
