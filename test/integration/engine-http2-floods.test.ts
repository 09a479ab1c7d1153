// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Registry } from 'prom-client';
import type { Engine } from '../../dataplane/engine/engine.js';
import { holds, plan, portOf, startBackend, startEngine } from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { encodeHeaders } from '../support/hpack.js';
import {
  FLAG,
  frame,
  ping,
  rstStream,
  settings,
  TYPE,
  windowUpdate,
} from '../support/http2-frames.js';
import {
  connectHttp2Peer,
  get,
  type Http2Peer,
  requestOf,
  statusOf,
} from '../support/http2-peer.js';

const CANCEL = 8;

interface Lab {
  readonly engine: Engine;
  readonly port: number;
  /** Requests that reached the backend. */
  readonly reached: () => number;
  readonly closedBy: (cause: string) => Promise<number>;
}

async function startLab(t: TestContext): Promise<Lab> {
  let reached = 0;
  const backendPort = await startBackend(t, (request, response) => {
    reached += 1;
    request.resume();
    if (request.url !== '/never') response.end('ok');
  });
  const registry = new Registry();
  const engine = startEngine(t, { registry });
  await engine.apply(plan('1', { backendPort }));
  const closedBy = async (cause: string): Promise<number> => {
    const metric = await registry.getSingleMetric('heartline_connections_closed_total')?.get();
    const values = metric?.values.filter(({ labels }) => labels['cause'] === cause) ?? [];
    return values.reduce((sum, { value }) => sum + value, 0);
  };
  return { engine, port: portOf(engine), reached: () => reached, closedBy };
}

function many(count: number, part: (index: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => part(index)));
}

const streamOf = (index: number): number => 2 * index + 1;
const requestFrame = (index: number, block: Buffer): Buffer =>
  frame(TYPE.headers, FLAG.endHeaders | FLAG.endStream, streamOf(index), block);

const GET = encodeHeaders(get('/never'));
const PIECES = 20;
/** Idle streams depend on none, weight 10. */
const PRIORITY = Buffer.from([0, 0, 0, 0, 9]);

/** What a hostile client sends, in that many pieces; each is far over the budget. */
const FLOODS: readonly [name: string, send: (peer: Http2Peer, piece: number) => void][] = [
  ['PING', (peer) => peer.send(many(100, () => ping()))],
  ['SETTINGS', (peer) => peer.send(many(20, () => settings()))],
  ['WINDOW_UPDATE', (peer) => peer.send(many(10_000, () => windowUpdate(0, 1)))],
  [
    'PRIORITY',
    (peer) => peer.send(many(10_000, (i) => frame(TYPE.priority, 0, streamOf(i), PRIORITY))),
  ],
  ['frames of an unknown type', (peer) => peer.send(many(10_000, () => frame(187, 0, 0)))],
  [
    'empty DATA',
    (peer, piece) => {
      if (piece === 0) peer.request(1, requestOf('POST', '/'), { end: false });
      peer.send(many(1000, () => frame(TYPE.data, 0, 1)));
    },
  ],
  [
    'CONTINUATION',
    (peer, piece) => {
      if (piece === 0) peer.send(frame(TYPE.headers, FLAG.endStream, 1, GET));
      peer.send(frame(TYPE.continuation, 0, 1));
    },
  ],
  [
    'HEADERS with RST_STREAM (rapid reset)',
    (peer, piece) =>
      peer.send(
        many(100, (i) => {
          const index = piece * 100 + i;
          return Buffer.concat([requestFrame(index, GET), rstStream(streamOf(index), CANCEL)]);
        }),
      ),
  ],
  [
    'requests that break themselves (made you reset)',
    (peer, piece) =>
      peer.send(
        many(50, (i) => {
          const id = streamOf(piece * 50 + i);
          const block = encodeHeaders(requestOf('POST', '/never', ['content-length', '1']));
          return Buffer.concat([
            frame(TYPE.headers, FLAG.endHeaders, id, block),
            frame(TYPE.data, 0, id, Buffer.from('two')),
          ]);
        }),
      ),
  ],
];

describe('HTTP/2 floods', { concurrency: true }, () => {
  for (const [name, sendPiece] of FLOODS) {
    it(`of ${name} end the connection, cause limit, and nobody else's`, async (t) => {
      const { engine, port, closedBy, reached } = await startLab(t);
      const neighbour = await connectHttp2Peer(t, port);
      const flooder = await connectHttp2Peer(t, port);
      for (let piece = 0; piece < PIECES && !flooder.closed(); piece += 1) {
        sendPiece(flooder, piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await holds(() => flooder.closed());
      await eventually(async () => assert.equal(await closedBy('limit'), 1));
      neighbour.request(1, get('/'));
      await holds(() => neighbour.stream(1).ended);
      assert.equal(statusOf(neighbour.stream(1)), '200');
      assert.equal(engine.summary().open, 1);
      assert.ok(reached() < 600, `${reached()} requests reached the backend`);
    });
  }

  it('rapid reset reaches the backend only as long as it looks like a client', async (t) => {
    const { engine, port } = await startLab(t);
    const peer = await connectHttp2Peer(t, port);
    peer.send(
      many(400, (i) => Buffer.concat([requestFrame(i, GET), rstStream(streamOf(i), CANCEL)])),
    );
    await peer.roundTrip();
    const upstream = engine.query({ afterId: 0, limit: 1000, side: 'upstream' });
    assert.ok((await upstream).total <= 21, `${(await upstream).total} upstream connections`);
    peer.request(streamOf(400), get('/'));
    await holds(() => peer.stream(streamOf(400)).ended);
    assert.equal(statusOf(peer.stream(streamOf(400))), '200');
  });
});

describe('HTTP/2 clients that work hard', { concurrency: true }, () => {
  it('send 4,000 requests on one connection and take 5 % of them back', async (t) => {
    const { engine, port, closedBy } = await startLab(t);
    const peer = await connectHttp2Peer(t, port);
    const block = encodeHeaders(get('/'));
    const REQUESTS = 4000;
    const AT_ONCE = 80;
    for (let first = 0; first < REQUESTS; first += AT_ONCE) {
      peer.send(many(AT_ONCE, (i) => requestFrame(first + i, block)));
      const cancelled = [0, 20, 40, 60].map((i) => streamOf(first + i));
      peer.send(...cancelled.map((id) => rstStream(id, CANCEL)));
      await peer.roundTrip();
      const wanted = first + AT_ONCE - (4 * (first + AT_ONCE)) / AT_ONCE;
      await holds(() => peer.closed() || peer.endedStreams() >= wanted);
    }
    assert.equal(peer.goaway(), undefined);
    assert.equal(await closedBy('limit'), 0);
    assert.equal(engine.summary().open, 1);
  });

  it('take back so much that the connection is renewed: it ends gracefully, and loses nothing', async (t) => {
    const { port, closedBy } = await startLab(t);
    const peer = await connectHttp2Peer(t, port);
    const AT_ONCE = 45;
    const block = encodeHeaders(get('/'));
    let index = 0;
    let kept = 0;
    // As fast as the budget allows, in the real time that the HTTP/2 library counts in: 450 at once, then 90 a second.
    while (peer.goaway() === undefined) {
      peer.send(many(AT_ONCE, (i) => requestFrame(index + i, GET)));
      peer.send(many(AT_ONCE, (i) => rstStream(streamOf(index + i), CANCEL)));
      // On its way while the end may be announced.
      peer.send(requestFrame(index + AT_ONCE, block));
      index += AT_ONCE + 1;
      kept += 1;
      await peer.roundTrip();
      await holds(() => peer.closed() || peer.endedStreams() === kept);
      if (kept > 10) await new Promise((resolve) => setTimeout(resolve, 500));
    }
    assert.equal(peer.goaway(), 'NO_ERROR');
    assert.equal(peer.endedStreams(), kept);
    await holds(() => peer.closed());
    await eventually(async () => assert.equal(await closedBy('limit'), 1));
  });

  it('upload to somebody who does not listen, again and again', async (t) => {
    const { port, closedBy } = await startLab(t);
    const peer = await connectHttp2Peer(t, port);
    const chunk = Buffer.alloc(16_384);
    for (let i = 0; i < 40; i += 1) {
      peer.request(streamOf(i), requestOf('POST', '/early'), { end: false });
      for (let j = 0; j < 60; j += 1) peer.data(streamOf(i), chunk);
      await holds(() => peer.closed() || peer.stream(streamOf(i)).ended);
    }
    await new Promise((resolve) => setTimeout(resolve, 1500));
    peer.request(streamOf(40), get('/'));
    await holds(() => peer.closed() || peer.stream(streamOf(40)).ended);
    assert.equal(statusOf(peer.stream(streamOf(40))), '200');
    assert.equal(await closedBy('limit'), 0);
  });
});
