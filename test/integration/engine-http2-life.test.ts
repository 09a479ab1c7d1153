// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { Registry } from 'prom-client';
import type { EngineOptions } from '../../dataplane/engine/create-engine.js';
import type { Engine } from '../../dataplane/engine/engine.js';
import type { HttpSettings } from '../../dataplane/engine/plan.js';
import type { ConnectionView } from '../../dataplane/engine/report.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { holds, plan, portOf, startBackend, startEngine } from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { frame, SETTING, TYPE, uint32, windowUpdate } from '../support/http2-frames.js';
import {
  connectHttp2Peer,
  get,
  type Http2Peer,
  requestOf,
  statusOf,
} from '../support/http2-peer.js';

const MIB = 1024 * 1024;
const CHUNK_BYTES = 16_384;
const LAST_STREAM_ID = 2 ** 31 - 1;

interface Lab {
  readonly engine: Engine;
  readonly port: number;
  apply(version: string, http: Partial<HttpSettings>): Promise<unknown>;
  closedBy(cause: string): Promise<number>;
  /** Answers to /wait that are still open. */
  readonly waiting: ServerResponse[];
}

/** Its backend answers /wait when the test does, /endless with content for ever, everything else with ok. */
async function startLab(
  t: TestContext,
  http: Partial<HttpSettings>,
  options: Partial<EngineOptions> = {},
): Promise<Lab> {
  const waiting: ServerResponse[] = [];
  const backendPort = await startBackend(t, (request, response) => {
    if (request.url === '/unread') return;
    request.resume();
    if (request.url === '/wait') {
      waiting.push(response);
    } else if (request.url === '/endless') {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(CHUNK_BYTES)));
      };
      response.on('drain', more);
      more();
    } else {
      response.end('ok');
    }
  });
  const registry = new Registry();
  const engine = startEngine(t, { registry, ...options });
  const apply = (version: string, settings: Partial<HttpSettings>): Promise<unknown> =>
    engine.apply(plan(version, { backendPort, http: settings }));
  await apply('0', http);
  const closedBy = async (cause: string): Promise<number> => {
    const metric = await registry.getSingleMetric('heartline_connections_closed_total')?.get();
    const values = metric?.values.filter(({ labels }) => labels['cause'] === cause) ?? [];
    return values.reduce((sum, { value }) => sum + value, 0);
  };
  return { engine, port: portOf(engine), apply, closedBy, waiting };
}

async function viewOf(engine: Engine, side: 'downstream' | 'upstream'): Promise<ConnectionView> {
  const { connections } = await engine.query({ afterId: 0, limit: 1, side });
  const [view] = connections;
  assert.ok(view);
  return view;
}

/** Last stream of each GOAWAY. */
function goaways(peer: Http2Peer): number[] {
  return peer.frames
    .filter(({ type }) => type === TYPE.goaway)
    .map(({ payload }) => payload.readUInt32BE(0));
}

async function answered(peer: Http2Peer, id: number): Promise<void> {
  peer.request(id, get('/'));
  await holds(() => peer.closed() || peer.stream(id).ended);
  assert.equal(statusOf(peer.stream(id)), '200');
}

describe('peers that PINGs must not end', { concurrency: true }, () => {
  const PINGS = { http2KeepaliveIntervalMs: 1000, http2KeepaliveTimeoutMs: 1000 };
  const SURVIVED_PINGS = 3;

  const survivors: [string, (peer: Http2Peer) => void, Parameters<typeof connectHttp2Peer>[2]][] = [
    ['one that never acknowledges SETTINGS', () => undefined, { ackSettings: false }],
    [
      'one that answers PINGs and never opens its windows',
      (peer) => peer.request(1, get('/endless')),
      { updateWindows: false },
    ],
    ['one whose request waits', (peer) => peer.request(1, get('/wait')), {}],
  ];
  for (const [name, begin, options] of survivors) {
    it(name, async (t) => {
      const { engine, port, closedBy } = await startLab(t, PINGS);
      const peer = await connectHttp2Peer(t, port, options);
      begin(peer);
      await holds(() => peer.closed() || peer.count(TYPE.ping, 0) >= SURVIVED_PINGS);
      assert.equal(peer.closed(), false);
      assert.equal(await closedBy('h2_ping_timeout'), 0);
      assert.equal(engine.summary().open, 1);
    });
  }

  it('the newest PING and its round trip are shown', async (t) => {
    const { engine, port } = await startLab(t, PINGS);
    const peer = await connectHttp2Peer(t, port);
    assert.equal((await viewOf(engine, 'downstream')).lastPing, undefined);
    await holds(() => peer.count(TYPE.ping, 0) === 1);
    await eventually(async () => {
      const { lastPing } = await viewOf(engine, 'downstream');
      assert.ok(lastPing?.roundTripMs !== undefined, 'lastPing?.roundTripMs !== undefined');
      assert.ok(
        lastPing.roundTripMs >= 0 && lastPing.roundTripMs < 1000,
        'lastPing.roundTripMs >= 0 && lastPing.roundTripMs < 1000',
      );
      assert.ok(
        lastPing.sentAgoMs >= lastPing.roundTripMs,
        'lastPing.sentAgoMs >= lastPing.roundTripMs',
      );
    });
  });

  it('a PING without an answer is shown as such', async (t) => {
    const { engine, port } = await startLab(t, { ...PINGS, http2KeepaliveTimeoutMs: 20_000 });
    const peer = await connectHttp2Peer(t, port, { answerPings: false });
    await holds(() => peer.count(TYPE.ping, 0) === 1);
    const { lastPing } = await viewOf(engine, 'downstream');
    assert.ok(lastPing !== undefined && lastPing.roundTripMs === undefined);
  });
});

describe('the end of an HTTP/2 session', { concurrency: true }, () => {
  it('is announced, waits a round trip for what is on its way, and lets all of it finish', async (t) => {
    const { port, closedBy, waiting } = await startLab(t, { maxConnectionDurationMs: 1000 });
    const peer = await connectHttp2Peer(t, port, { answerPings: false });
    peer.request(1, get('/wait'));
    await holds(() => goaways(peer).length === 1);
    assert.deepEqual(goaways(peer), [LAST_STREAM_ID]);
    // On its way before the GOAWAY was read: it is served.
    peer.request(3, get('/wait'));
    await holds(() => waiting.length === 2);
    const ping = peer.frames.find(({ type, flags }) => type === TYPE.ping && flags === 0);
    assert.ok(ping !== undefined, 'a PING measures the round trip');
    peer.send(frame(TYPE.ping, 1, 0, ping.payload));
    await holds(() => goaways(peer).length > 1);
    assert.equal(goaways(peer).at(-1), 3);
    // After the final GOAWAY: nobody's.
    peer.request(5, get('/'));
    for (const response of waiting) response.end('late');
    await holds(() => peer.closed());
    for (const id of [1, 3]) assert.equal(peer.stream(id).body.toString(), 'late');
    assert.equal(peer.stream(5).heads.length, 0);
    await eventually(async () => assert.equal(await closedBy('max_age'), 1));
  });

  it('comes a second later to a peer that does not answer the PING', async (t) => {
    const { port, closedBy } = await startLab(t, { maxConnectionDurationMs: 1000 });
    const peer = await connectHttp2Peer(t, port, { answerPings: false });
    await holds(() => goaways(peer).length === 1);
    const [first] = peer.frames.filter(({ type }) => type === TYPE.goaway);
    await holds(() => peer.closed());
    const last = peer.frames.findLast(({ type }) => type === TYPE.goaway);
    assert.ok(first && last && last.atMs - first.atMs >= 900, `${last?.atMs} ${first?.atMs}`);
    await eventually(async () => assert.equal(await closedBy('max_age'), 1));
  });

  it('is spread over half a minute when a change makes many too old at once', async (t) => {
    const clock = manualClock();
    const { port, apply, engine } = await startLab(t, {}, { clock });
    const SESSIONS = 40;
    const peers = await Promise.all(
      Array.from({ length: SESSIONS }, () => connectHttp2Peer(t, port)),
    );
    clock.advance(10_000);
    await apply('1', { maxConnectionDurationMs: 1000 });
    const announced = (): number => peers.filter((peer) => goaways(peer).length > 0).length;
    /** Moves the clock in steps of the wheel's kind, and lets the sockets follow. */
    const advance = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 20) {
        clock.advance(20);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(peers.filter((peer) => !peer.closed()).map((peer) => peer.roundTrip()));
    };
    await advance(8000);
    const early = announced();
    assert.ok(early > 0 && early < SESSIONS * 0.6, `${early} after 8 s`);
    await advance(23_000);
    await holds(() => announced() === SESSIONS);
    await advance(2000);
    await holds(() => engine.summary().open === 0);
  });
});

describe('flow control', { concurrency: true }, () => {
  it('a reader that stops holds its backend, not memory, and nobody else', async (t) => {
    const { engine, port } = await startLab(t, {});
    const peer = await connectHttp2Peer(t, port, { updateWindows: false });
    peer.send(windowUpdate(0, 100 * MIB));
    peer.request(1, get('/endless'));
    await holds(() => peer.stream(1).body.length === 65_535);
    let before = -1;
    await eventually(async () => {
      const { bytesRead } = await viewOf(engine, 'upstream');
      const isStill = bytesRead === before;
      before = bytesRead;
      assert.ok(isStill, 'the backend still sends');
    });
    assert.ok(before < MIB, `${before} bytes were taken from the backend`);
    await answered(peer, 3);
    await answered(await connectHttp2Peer(t, port), 1);
    peer.send(windowUpdate(1, MIB));
    await holds(() => peer.stream(1).body.length === 65_535 + MIB);
  });

  it('a backend that does not read holds its client to the window, and nobody else', async (t) => {
    const { port } = await startLab(t, { http2WindowBytes: 65_535 });
    const peer = await connectHttp2Peer(t, port);
    peer.request(1, requestOf('POST', '/unread'), { end: false });
    const WINDOW = 65_535;
    const granted = (): number =>
      peer.frames
        .filter(({ type, streamId }) => type === TYPE.windowUpdate && streamId === 1)
        .reduce((sum, { payload }) => sum + payload.readUInt32BE(0), WINDOW);
    let sent = 0;
    let isStill = false;
    while (!isStill) {
      while (sent + CHUNK_BYTES <= granted()) {
        peer.data(1, Buffer.alloc(CHUNK_BYTES));
        sent += CHUNK_BYTES;
      }
      const before = granted();
      await peer.roundTrip();
      await peer.roundTrip();
      isStill = granted() === before;
    }
    // What the kernel of this machine takes for a socket that nobody reads, on both sides.
    assert.ok(sent < 32 * MIB, `${sent} bytes were taken from the client`);
    await answered(peer, 3);
    // More than it may: the window is the protocol's, not a request.
    for (let i = 0; i < 8; i += 1) peer.data(1, Buffer.alloc(CHUNK_BYTES));
    await holds(() => peer.goaway() !== undefined || peer.stream(1).reset !== undefined);
    assert.equal(peer.goaway() ?? peer.stream(1).reset, 'FLOW_CONTROL_ERROR');
  });

  it('a window that is closed and opened again goes on', async (t) => {
    const { port } = await startLab(t, {});
    const peer = await connectHttp2Peer(t, port, { settings: [[SETTING.initialWindowSize, 0]] });
    peer.request(1, get('/'));
    await holds(() => peer.stream(1).heads.length === 1);
    await peer.roundTrip();
    assert.equal(peer.stream(1).body.length, 0);
    peer.send(
      frame(
        TYPE.settings,
        0,
        0,
        Buffer.concat([Buffer.from([0, SETTING.initialWindowSize]), uint32(100)]),
      ),
    );
    await holds(() => peer.stream(1).ended);
    assert.equal(peer.stream(1).body.toString(), 'ok');
  });
});

describe('sessions that the HTTP/2 library has given up', { concurrency: true }, () => {
  /** Of 3 bytes: GOAWAY FRAME_SIZE_ERROR, and nothing is read or written any more. */
  const BROKEN = frame(TYPE.windowUpdate, 0, 0, Buffer.alloc(3));

  it('end with their client, requests that run included', async (t) => {
    const { engine, port, waiting } = await startLab(t, {});
    const peer = await connectHttp2Peer(t, port);
    peer.request(1, get('/wait'));
    await holds(() => waiting.length === 1);
    peer.send(BROKEN);
    await holds(() => peer.goaway() === 'FRAME_SIZE_ERROR');
    peer.socket.end();
    await holds(() => engine.summary().open === 0);
    await holds(() => waiting[0]?.destroyed === true);
  });

  it('end when their client sends on', async (t) => {
    const clock = manualClock();
    const { engine, port } = await startLab(t, {}, { clock });
    const peer = await connectHttp2Peer(t, port);
    peer.send(BROKEN);
    await holds(() => peer.goaway() === 'FRAME_SIZE_ERROR');
    const MORE = 10;
    for (let i = 0; i < MORE && engine.summary().open > 0; i += 1) {
      peer.request(2 * i + 1, get('/'));
      // The kernel's clock is not ours to move: the frame must have lain there for a while.
      await eventually(async () => {
        assert.ok(
          (await viewOf(engine, 'downstream')).idleMs > 150,
          "(await viewOf(engine, 'downstream')).idleMs > 150",
        );
      });
      clock.advance(10_100);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
    await holds(() => engine.summary().open === 0);
  });
});
