// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Registry } from 'prom-client';
import type { EngineOptions } from '../../dataplane/engine/create-engine.js';
import type { Engine } from '../../dataplane/engine/engine.js';
import type { ConnectionView } from '../../dataplane/engine/report.js';
import {
  type BindShape,
  connectRaw,
  holds,
  listenOnLoopback,
  plan,
  portOf,
  startBackend,
  startEngine,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { v1, v2 } from '../support/proxy-headers.js';

const REQUEST = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const CLIENT = { address: '198.51.100.7', port: 40_000 };
const CLIENT6 = { address: '2001:db8::7', port: 40_000 };
const SERVER = { address: '203.0.113.9', port: 443 };
const SERVER6 = { address: '2001:db8::1', port: 443 };
const SHORT_MS = 300;

interface Lab {
  readonly engine: Engine;
  readonly port: number;
  readonly apply: (version: string, shape: BindShape) => Promise<unknown>;
  /** Closed downstream connections by cause. */
  readonly closed: (cause: string) => Promise<number>;
}

async function startLab(
  t: TestContext,
  shape: BindShape,
  options: Partial<EngineOptions> = {},
): Promise<Lab> {
  const backendPort = await startBackend(t, (_request, response) => response.end('ok'));
  const registry = new Registry();
  const engine = startEngine(t, { registry, ...options });
  const apply = (version: string, next: BindShape): Promise<unknown> =>
    engine.apply(plan(version, { backendPort, ...next }));
  await apply('0', shape);
  const closed = async (cause: string): Promise<number> => {
    const metric = await registry.getSingleMetric('heartline_connections_closed_total')?.get();
    const ofCause = metric?.values.filter(({ labels }) => labels['cause'] === cause) ?? [];
    const downstream = ofCause.filter(({ labels }) => labels['bind'] !== '');
    return downstream.reduce((sum, { value }) => sum + value, 0);
  };
  return { engine, port: portOf(engine), apply, closed };
}

async function views(engine: Engine): Promise<readonly ConnectionView[]> {
  const page = await engine.query({ afterId: 0, limit: 99, side: 'downstream' });
  return page.connections;
}

const clients = async (engine: Engine): Promise<string[]> =>
  (await views(engine)).map(({ client }) => client);

/** Resolves with the error code of a connection that the server ended, or `FIN`. */
async function endOf(socket: Socket): Promise<string> {
  const reset = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  });
  return Promise.race([reset, once(socket, 'end').then(() => 'FIN')]);
}

const STRICT = { versions: 'all', mode: 'strict' } as const;
const OPTIONAL = { versions: 'all', mode: 'optional' } as const;

describe('PROXY protocol, strict', { concurrency: true }, () => {
  const headers: readonly (readonly [string, Buffer, string | undefined])[] = [
    ['version 1, IPv4', v1(CLIENT, SERVER), '198.51.100.7:40000'],
    ['version 1, IPv6', v1(CLIENT6, SERVER6), '[2001:db8::7]:40000'],
    ['version 1, unknown', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
    ['version 2, IPv4', v2({ source: CLIENT, destination: SERVER }), '198.51.100.7:40000'],
    ['version 2, IPv6', v2({ source: CLIENT6, destination: SERVER6 }), '[2001:db8::7]:40000'],
    [
      'version 2 with extensions',
      v2({ source: CLIENT, destination: SERVER, tlvs: [[4, 900]] }),
      '198.51.100.7:40000',
    ],
    ['a health check (LOCAL)', v2({ command: 0 }), undefined],
  ];
  for (const [name, header, client] of headers) {
    it(`serves what follows: ${name}`, async (t) => {
      const { engine, port } = await startLab(t, { proxyProtocol: STRICT });
      const raw = await connectRaw(t, port);
      raw.socket.write(Buffer.concat([header, Buffer.from(REQUEST)]));
      await raw.until('ok');
      const [view] = await views(engine);
      assert.equal(view?.client, client ?? view?.peer);
      assert.equal(view?.peer, `127.0.0.1:${raw.socket.localPort}`);
    });
  }

  it('byte by byte, and the request with it', async (t) => {
    const { engine, port } = await startLab(t, { proxyProtocol: STRICT });
    const raw = await connectRaw(t, port);
    raw.socket.setNoDelay(true);
    const bytes = Buffer.concat([
      v2({ source: CLIENT, destination: SERVER, tlvs: [[4, 9]] }),
      Buffer.from(REQUEST),
    ]);
    for (const byte of bytes) {
      raw.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await raw.until('ok');
    assert.deepEqual(await clients(engine), ['198.51.100.7:40000']);
    raw.socket.write(REQUEST);
    await eventually(() => assert.equal(raw.received().split('ok').length, 3));
  });

  it('before HTTP/2, whose preface comes in the same packet', async (t) => {
    const { engine, port } = await startLab(t, { proxyProtocol: STRICT });
    const session = connectHttp2(`http://127.0.0.1:${port}`, {
      createConnection: () => {
        const socket = connect(port, '127.0.0.1');
        socket.write(v1(CLIENT, SERVER));
        return socket;
      },
    });
    t.after(() => session.destroy());
    const stream = session.request({ ':path': '/' });
    const [headers] = await once(stream, 'response');
    assert.equal(headers[':status'], 200);
    const [view] = await views(engine);
    assert.deepEqual([view?.protocol, view?.client], ['h2', '198.51.100.7:40000']);
  });

  it('before the bytes of a TCP listener', async (t) => {
    const echo = createServer((socket) => socket.pipe(socket));
    const backendPort = await listenOnLoopback(t, echo);
    const { engine, port } = await startLab(t, {
      protocol: 'tcp',
      backendPort,
      proxyProtocol: STRICT,
    });
    const raw = await connectRaw(t, port);
    raw.socket.write(Buffer.concat([v1(CLIENT, SERVER), Buffer.from('first')]));
    await raw.until('first');
    raw.socket.write(' second');
    assert.equal(await raw.until('second'), 'first second');
    assert.deepEqual(await clients(engine), ['198.51.100.7:40000']);
  });

  it('and tells the backend of the client, not of the balancer', async (t) => {
    const backendPort = await startBackend(t, (request, response) => {
      response.end(`from ${request.headers['x-forwarded-for']}.`);
    });
    const { port } = await startLab(t, { backendPort, proxyProtocol: STRICT });
    const raw = await connectRaw(t, port);
    raw.socket.write(Buffer.concat([v1(CLIENT6, SERVER6), Buffer.from(REQUEST)]));
    await raw.until('from 2001:db8::7.');
  });

  const refused: readonly (readonly [string, Buffer | string])[] = [
    ['a request without header', REQUEST],
    ['a broken header', 'PROXY TCP4 1.2.3.4\r\n'],
    ['a header of another version', v2({ source: CLIENT, destination: SERVER })],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ];
  for (const [name, bytes] of refused) {
    it(`answers nothing to ${name}, and resets`, async (t) => {
      const { port, closed } = await startLab(t, {
        proxyProtocol: { versions: 'v1', mode: 'strict' },
      });
      const raw = await connectRaw(t, port);
      const end = endOf(raw.socket);
      raw.socket.write(bytes);
      assert.equal(await end, 'ECONNRESET');
      assert.equal(raw.received(), '');
      await eventually(async () => assert.equal(await closed('handshake'), 1));
    });
  }

  it('resets at the deadline, not before, however slowly the header comes', async (t) => {
    const { port, closed } = await startLab(
      t,
      { proxyProtocol: STRICT },
      { limits: { proxyHeaderMs: SHORT_MS } },
    );
    // Connected after this moment, so accepted after it.
    const startMs = performance.now();
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    const ends = sockets.map(endOf);
    sockets[1]?.write('PROXY TCP4 1.2.3.4 ');
    assert.deepEqual(await Promise.all(ends), ['ECONNRESET', 'ECONNRESET']);
    assert.ok(performance.now() - startMs >= SHORT_MS);
    await eventually(async () => assert.equal(await closed('handshake'), 2));
  });

  it('books a client that only connects as the client’s own end', async (t) => {
    const { engine, port, closed } = await startLab(t, { proxyProtocol: STRICT });
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    await eventually(() => assert.equal(engine.summary().open, 1));
    socket.end();
    await eventually(async () => assert.equal(await closed('client'), 1));
    assert.equal(await closed('handshake'), 0);
  });

  it('applies to new connections; open ones keep what they have', async (t) => {
    const { engine, port, apply } = await startLab(t, {});
    const before = await connectRaw(t, port);
    before.socket.write(REQUEST);
    await before.until('ok');
    await apply('1', { proxyProtocol: STRICT });
    assert.equal(engine.summary().inForce, true);
    assert.equal(engine.summary().newOnly, 0);
    const with_ = await connectRaw(t, port);
    with_.socket.write(Buffer.concat([v1(CLIENT, SERVER), Buffer.from(REQUEST)]));
    await with_.until('ok');
    before.socket.write(REQUEST);
    await eventually(() => assert.equal(before.received().split('ok').length, 3));
    await apply('2', {});
    const without = await connectRaw(t, port);
    without.socket.write(REQUEST);
    await without.until('ok');
    assert.equal(engine.summary().open, 3);
  });

  it('a connection amid its header is answered with Connection: close when its port goes', async (t) => {
    const { engine, port } = await startLab(t, { proxyProtocol: STRICT });
    const raw = await connectRaw(t, port);
    raw.socket.write('PROXY TCP4 1.2.3.4 ');
    await eventually(() => assert.equal(engine.summary().open, 1));
    await engine.apply(plan('1'));
    raw.socket.write(`5.6.7.8 1 2\r\n${REQUEST}`);
    assert.match(await raw.until('\r\n\r\n'), /connection: close/);
    await holds(() => raw.ended());
  });
});

describe('PROXY protocol, optional', { concurrency: true }, () => {
  it('takes a header, and serves connections without one', async (t) => {
    const { engine, port } = await startLab(t, { proxyProtocol: OPTIONAL });
    const plain = await connectRaw(t, port);
    plain.socket.write('P');
    plain.socket.write('UT / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n');
    await plain.until('ok');
    const proxied = await connectRaw(t, port);
    proxied.socket.write(Buffer.concat([v1(CLIENT, SERVER), Buffer.from(REQUEST)]));
    await proxied.until('ok');
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    t.after(() => session.destroy());
    await once(session, 'remoteSettings');
    const [first, second, third] = await views(engine);
    assert.equal(first?.client, first?.peer);
    assert.equal(second?.client, '198.51.100.7:40000');
    assert.deepEqual([third?.protocol, third?.client], ['h2', third?.peer]);
  });

  it('does not take a broken header for traffic', async (t) => {
    const { port, closed } = await startLab(t, { proxyProtocol: OPTIONAL });
    const raw = await connectRaw(t, port);
    const end = endOf(raw.socket);
    raw.socket.write('PROXY TCP4 here we go\r\n');
    assert.equal(await end, 'ECONNRESET');
    await eventually(async () => assert.equal(await closed('handshake'), 1));
  });

  it('lets a TCP server speak first when the time for a header is over', async (t) => {
    const greeter = createServer((socket) => socket.write('220 welcome'));
    const backendPort = await listenOnLoopback(t, greeter);
    const { port } = await startLab(
      t,
      { protocol: 'tcp', backendPort, proxyProtocol: OPTIONAL },
      { limits: { proxyHeaderMs: SHORT_MS } },
    );
    const raw = await connectRaw(t, port);
    await raw.until('220 welcome');
  });
});

describe('network authorization', { concurrency: true }, () => {
  it('resets who may not connect before a byte is served', async (t) => {
    const { engine, port, closed } = await startLab(t, {
      access: { allow: ['cidr("10.0.0.0/8").containsIP(source.address)'] },
    });
    const socket = connect(port, '127.0.0.1');
    const end = endOf(socket);
    socket.write(REQUEST);
    assert.equal(await end, 'ECONNRESET');
    await eventually(async () => assert.equal(await closed('denied'), 1));
    assert.equal(engine.summary().open, 0);
  });

  it('sees the client of the PROXY header, and the balancer beside it', async (t) => {
    const { port } = await startLab(t, {
      proxyProtocol: STRICT,
      access: {
        allow: ['source.address == "198.51.100.7" && source.port == 40000'],
        require: ['ip(source.rawAddress).isLoopback()', 'destination.address == "203.0.113.9"'],
      },
    });
    const allowed = await connectRaw(t, port);
    allowed.socket.write(Buffer.concat([v1(CLIENT, SERVER), Buffer.from(REQUEST)]));
    await allowed.until('ok');
    const denied = await connectRaw(t, port);
    const end = endOf(denied.socket);
    denied.socket.write(Buffer.concat([v1({ ...CLIENT, port: 1 }, SERVER), Buffer.from(REQUEST)]));
    assert.equal(await end, 'ECONNRESET');
  });

  it('holds on a TCP listener: the backend never hears of it', async (t) => {
    let heard = 0;
    const backend = createServer((socket) => {
      heard += 1;
      socket.end('hello');
    });
    const backendPort = await listenOnLoopback(t, backend);
    const shape = { protocol: 'tcp', backendPort } as const;
    const { port, apply } = await startLab(t, { ...shape, access: { deny: ['true'] } });
    const socket = connect(port, '127.0.0.1');
    assert.equal(await endOf(socket), 'ECONNRESET');
    assert.equal(heard, 0);
    await apply('1', { ...shape, port });
    const raw = await connectRaw(t, port);
    await raw.until('hello');
  });

  it('a change asks new connections; open ones stay and are counted', async (t) => {
    const { engine, port, apply, closed } = await startLab(t, {});
    const first = await connectRaw(t, port);
    first.socket.write(REQUEST);
    await first.until('ok');
    await apply('1', { access: { deny: ['true'] } });
    assert.deepEqual([engine.summary().newOnly, engine.summary().inForce], [1, true]);
    const second = connect(port, '127.0.0.1');
    assert.equal(await endOf(second), 'ECONNRESET');
    first.socket.write(REQUEST);
    await eventually(() => assert.equal(first.received().split('ok').length, 3));
    await apply('2', { access: { allow: ['source.port > 0'] } });
    const third = await connectRaw(t, port);
    third.socket.write(REQUEST);
    await third.until('ok');
    assert.equal(engine.summary().newOnly, 1);
    first.socket.end();
    await eventually(() => assert.equal(engine.summary().newOnly, 0));
    assert.equal(engine.summary().open, 1);
    await apply('3', {});
    assert.equal(engine.summary().newOnly, 0);
    assert.equal(await closed('denied'), 1);
  });

  it('an expression that nobody can evaluate lets nobody in', async (t) => {
    const { port } = await startLab(t, { access: { allow: ['source.identity == "me"'] } });
    assert.equal(await endOf(connect(port, '127.0.0.1')), 'ECONNRESET');
  });
});
