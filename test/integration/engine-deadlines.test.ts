// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Registry } from 'prom-client';
import type { Engine } from '../../dataplane/engine/engine.js';
import type { HttpSettings } from '../../dataplane/engine/plan.js';
import {
  connectRaw,
  holds,
  plan,
  portOf,
  startBackend,
  startEngine,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';

interface Lab {
  readonly engine: Engine;
  readonly port: number;
  readonly apply: (version: string, http: Partial<HttpSettings>) => Promise<unknown>;
  readonly closed: (cause: string) => Promise<number>;
}

async function startLab(t: TestContext, http: Partial<HttpSettings>, delayMs = 0): Promise<Lab> {
  const backendPort = await startBackend(t, (_request, response) => {
    setTimeout(() => response.end('ok'), delayMs);
  });
  const registry = new Registry();
  const engine = startEngine(t, { registry });
  const apply = (version: string, settings: Partial<HttpSettings>): Promise<unknown> =>
    engine.apply(plan(version, { backendPort, http: settings }));
  await apply('0', http);
  const closed = async (cause: string): Promise<number> => {
    const metric = await registry.getSingleMetric('heartline_connections_closed_total')?.get();
    const values = metric?.values.filter(({ labels }) => labels['cause'] === cause) ?? [];
    return values.filter(({ labels }) => labels['bind'] !== '').length;
  };
  return { engine, port: portOf(engine), apply, closed };
}

const REQUEST = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

/** Slower than any scheduling noise seen, far below the next deadline in these tests. */
const SLACK_MS = 700;

function assertWithin(actualMs: number, fromMs: number, toMs: number): void {
  assert.ok(actualMs >= fromMs && actualMs <= toMs, `${actualMs} ms, not in [${fromMs}, ${toMs}]`);
}

/** When the server ended it, by FIN or RST. */
async function closeOf(socket: Socket): Promise<number> {
  await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  return performance.now();
}

describe('HTTP/1 idle timeout', { concurrency: true }, () => {
  it('closes a connection that never sent a byte, counted from accept', async (t) => {
    const { port, closed } = await startLab(t, { http1IdleTimeoutMs: 1000 });
    const startMs = performance.now();
    const socket = connect(port, '127.0.0.1');
    socket.resume();
    assertWithin((await closeOf(socket)) - startMs, 990, 1000 + SLACK_MS);
    await eventually(async () => assert.equal(await closed('http1_idle'), 1));
  });

  it('counts from the end of the last response, and not while one runs', async (t) => {
    const { port } = await startLab(t, { http1IdleTimeoutMs: 1000 }, 1500);
    const socket = connect(port, '127.0.0.1');
    socket.write(REQUEST);
    await once(socket, 'data');
    const answeredMs = performance.now();
    socket.resume();
    assertWithin((await closeOf(socket)) - answeredMs, 950, 1000 + SLACK_MS);
  });

  it('gives idle connections 1-5 s when it is shortened', async (t) => {
    const { port, apply } = await startLab(t, {});
    const client = await connectRaw(t, port);
    client.socket.write(REQUEST);
    await client.until('ok');
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await apply('1', { http1IdleTimeoutMs: 1000 });
    const changedMs = performance.now();
    assertWithin((await closeOf(client.socket)) - changedMs, 980, 5000 + SLACK_MS);
  });

  it('is postponed when it is lengthened', async (t) => {
    const { port, apply } = await startLab(t, { http1IdleTimeoutMs: 1000 });
    const client = await connectRaw(t, port);
    await apply('1', { http1IdleTimeoutMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    client.socket.write(REQUEST);
    await client.until('ok');
  });
});

describe('maximum connection age', { concurrency: true }, () => {
  it('ends an idle HTTP/1 connection at its age', async (t) => {
    const { port, closed } = await startLab(t, { maxConnectionDurationMs: 1000 });
    const startMs = performance.now();
    const socket = connect(port, '127.0.0.1');
    socket.write(REQUEST);
    socket.resume();
    assertWithin((await closeOf(socket)) - startMs, 990, 1000 + SLACK_MS);
    await eventually(async () => assert.equal(await closed('max_age'), 1));
  });

  it('lets a running request finish, with Connection: close', async (t) => {
    const { port, closed } = await startLab(t, { maxConnectionDurationMs: 1000 }, 2000);
    const client = await connectRaw(t, port);
    client.socket.write(REQUEST);
    assert.match(await client.until('ok'), /connection: close/i);
    await holds(() => client.ended());
    await eventually(async () => assert.equal(await closed('max_age'), 1));
  });

  it('ends an HTTP/2 session gracefully: GOAWAY, running streams finish', async (t) => {
    const { port, closed } = await startLab(t, { maxConnectionDurationMs: 1000 }, 2000);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const codes: number[] = [];
    const lastStreams: number[] = [];
    session.on('goaway', (code, last) => {
      codes.push(code);
      lastStreams.push(last ?? -1);
    });
    const stream = session.request({ ':path': '/' });
    let body = '';
    stream.on('data', (chunk) => {
      body += String(chunk);
    });
    await once(stream, 'close');
    assert.equal(body, 'ok');
    await once(session, 'close');
    assert.deepEqual([...new Set(codes)], [0]);
    assert.equal(lastStreams[0], 2 ** 31 - 1);
    await eventually(async () => assert.equal(await closed('max_age'), 1));
  });
});

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const EMPTY_SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const SETTINGS_ACK = Buffer.from([0, 0, 0, 4, 1, 0, 0, 0, 0]);
const FRAME_HEADER_BYTES = 9;
const PING = 6;
const GOAWAY = 7;
const ACK = 1;

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly payload: Buffer;
  readonly atMs: number;
}

/** An HTTP/2 client that only counts frames and answers what it is told to. */
async function connectFrames(
  t: TestContext,
  port: number,
  answerPings: boolean,
): Promise<{ socket: Socket; frames: Frame[]; lastSentMs: () => number; pings: () => Frame[] }> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  const frames: Frame[] = [];
  let lastSentMs = 0;
  let buffered = Buffer.alloc(0);
  const send = (bytes: Buffer): void => {
    socket.write(bytes);
    lastSentMs = performance.now();
  };
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    while (buffered.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + buffered.readUIntBE(0, 3);
      if (buffered.length < end) return;
      const frame = {
        type: buffered.readUInt8(3),
        flags: buffered.readUInt8(4),
        payload: buffered.subarray(FRAME_HEADER_BYTES, end),
        atMs: performance.now(),
      };
      buffered = buffered.subarray(end);
      frames.push(frame);
      if (frame.type === PING && frame.flags === 0 && answerPings) {
        send(Buffer.concat([Buffer.from([0, 0, 8, PING, ACK, 0, 0, 0, 0]), frame.payload]));
      }
    }
  });
  await once(socket, 'connect');
  send(Buffer.concat([Buffer.from(PREFACE), EMPTY_SETTINGS]));
  await holds(() => frames.some(({ type }) => type === 4));
  send(SETTINGS_ACK);
  return {
    socket,
    frames,
    lastSentMs: () => lastSentMs,
    pings: () => frames.filter(({ type, flags }) => type === PING && flags === 0),
  };
}

describe('HTTP/2 keepalive PINGs', { concurrency: true }, () => {
  it('come in the last tenth of the interval after the last byte, one at a time', async (t) => {
    const { port } = await startLab(t, {
      http2KeepaliveIntervalMs: 1000,
      http2KeepaliveTimeoutMs: 5000,
    });
    const client = await connectFrames(t, port, true);
    let sentMs = client.lastSentMs();
    for (let i = 1; i <= 3; i += 1) {
      await holds(() => client.pings().length === i);
      assertWithin((client.pings()[i - 1]?.atMs ?? 0) - sentMs, 895, 1000 + SLACK_MS);
      sentMs = client.lastSentMs();
    }
  });

  it('start on sessions that were open before the policy, and stop with it', async (t) => {
    const { port, apply } = await startLab(t, {});
    const client = await connectFrames(t, port, true);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await apply('1', { http2KeepaliveIntervalMs: 1000, http2KeepaliveTimeoutMs: 5000 });
    const sentMs = client.lastSentMs();
    await holds(() => client.pings().length === 1);
    assertWithin((client.pings()[0]?.atMs ?? 0) - sentMs, 895, 1000 + SLACK_MS);
    await apply('2', {});
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(client.pings().length, 1);
  });

  it('wait for any byte, also of frames that are not requests', async (t) => {
    const { port } = await startLab(t, {
      http2KeepaliveIntervalMs: 1000,
      http2KeepaliveTimeoutMs: 1000,
    });
    const client = await connectFrames(t, port, false);
    // WINDOW_UPDATE of the connection by 1, which no handler in the server ever sees.
    const update = Buffer.from([0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    for (let i = 0; i < 6; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      client.socket.write(update);
    }
    assert.deepEqual(client.pings(), []);
  });

  it('end a session that does not answer: GOAWAY, then reset, after the timeout', async (t) => {
    const { port, closed, engine } = await startLab(t, {
      http2KeepaliveIntervalMs: 1000,
      http2KeepaliveTimeoutMs: 1000,
    });
    const client = await connectFrames(t, port, false);
    const sentMs = client.lastSentMs();
    assertWithin((await closeOf(client.socket)) - sentMs, 1895, 2050 + SLACK_MS);
    assert.equal(client.pings().length, 1);
    assert.equal(client.frames.filter(({ type }) => type === GOAWAY).length, 1);
    await eventually(async () => assert.equal(await closed('h2_ping_timeout'), 1));
    assert.equal(engine.summary().open, 0);
  });
});

describe('HTTP/2 settings on live sessions', () => {
  it('are sent to every session, and the answer is counted, not awaited', async (t) => {
    const { port, apply, engine } = await startLab(t, {});
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    t.after(() => session.destroy());
    await once(session, 'remoteSettings');
    assert.equal(session.remoteSettings.initialWindowSize, 1_048_576);
    assert.equal(session.remoteSettings.maxConcurrentStreams, 100);
    const mute = await connectFrames(t, port, false);
    await eventually(() => assert.equal(engine.summary().settingsPending, 0));
    const changed = once(session, 'remoteSettings');
    await apply('1', {
      http2WindowBytes: 131_072,
      http2FrameBytes: 32_768,
      http2MaxHeaderListBytes: 4096,
      http2ConnectionWindowBytes: 4 * 1_048_576,
    });
    assert.equal(engine.summary().inForce, true);
    await changed;
    assert.equal(session.remoteSettings.initialWindowSize, 131_072);
    assert.equal(session.remoteSettings.maxFrameSize, 32_768);
    assert.equal(session.remoteSettings.maxHeaderListSize, 4096);
    await eventually(() => assert.equal(session.state.remoteWindowSize, 4 * 1_048_576));
    await eventually(() => assert.equal(engine.summary().settingsPending, 1));
    assert.equal(mute.socket.destroyed, false);
  });

  it('a peer that never answers SETTINGS keeps its session through 100 changes', async (t) => {
    const { port, apply, engine } = await startLab(t, {});
    const mute = await connectFrames(t, port, false);
    for (let i = 1; i <= 100; i += 1) {
      await apply(String(i), { http2WindowBytes: 100_000 + i });
    }
    mute.socket.write(Buffer.from([0, 0, 8, PING, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]));
    await holds(() => mute.frames.some(({ type, flags }) => type === PING && flags === ACK));
    assert.equal(engine.summary().open, 1);
    assert.equal(engine.summary().settingsPending, 1);
  });
});

/** Blocks the loop of this process, so these run alone. */
describe('a loop that was blocked', () => {
  it('keeps an idle connection whose request arrived meanwhile', async (t) => {
    const { port } = await startLab(t, { http1IdleTimeoutMs: 1000 });
    const clients = await Promise.all(Array.from({ length: 20 }, () => connectRaw(t, port)));
    await new Promise((resolve) => setTimeout(resolve, 600));
    for (const { socket } of clients) socket.write(REQUEST);
    const blockedUntil = performance.now() + 1500;
    while (performance.now() < blockedUntil);
    await Promise.all(clients.map((client) => client.until('ok')));
  });

  it('keeps a session whose PING was answered meanwhile', async (t) => {
    const { port, closed } = await startLab(t, {
      http2KeepaliveIntervalMs: 1000,
      http2KeepaliveTimeoutMs: 1000,
    });
    const client = await connectFrames(t, port, true);
    await holds(() => client.pings().length === 1);
    const blockedUntil = performance.now() + 2500;
    while (performance.now() < blockedUntil);
    await holds(() => client.pings().length >= 2);
    assert.equal(await closed('h2_ping_timeout'), 0);
  });
});
