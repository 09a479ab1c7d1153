// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Registry } from 'prom-client';
import { WebSocket, WebSocketServer } from 'ws';
import {
  connectRaw,
  distinctValues,
  holds,
  keepalive,
  listenOnLoopback,
  plan,
  portOf,
  serverSockets,
  startBackend,
  startEngine,
  valuesOf,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';

const REQUEST = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const KEY = '0/ns/gw';

async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const result = await Promise.race([
    once(socket, 'connect').then(() => false),
    once(socket, 'error').then(
      () => true,
      () => true,
    ),
  ]).catch(() => true);
  socket.destroy();
  return result;
}

async function okBackend(t: TestContext): Promise<number> {
  return startBackend(t, (_request, response) => response.end('ok'));
}

describe('listeners', () => {
  it('in use: warned about, shown, bound when the port is free again', async (t) => {
    const backendPort = await okBackend(t);
    const occupant = createServer();
    occupant.listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const { port } = occupant.address() as AddressInfo;
    const engine = startEngine(t);
    const values = keepalive(30, 5, 3);
    const report = await engine.apply(plan('1', { key: KEY, port, backendPort, tcp: values }));
    assert.deepEqual(report.errors, []);
    assert.deepEqual(report.warnings, [
      {
        key: KEY,
        message: `port ${port} is in use by another process`,
        class: 'environment',
      },
    ]);
    const [before] = engine.summary().listeners;
    assert.equal(before?.listening, false);
    assert.equal(before?.inForce, false);
    assert.match(before?.error ?? '', /in use/);
    assert.equal(engine.summary().inForce, false);
    occupant.close();
    await eventually(() => assert.equal(engine.summary().inForce, true));
    const client = await connectRaw(t, port);
    client.socket.write(REQUEST);
    await client.until('ok');
    assert.deepEqual(distinctValues(await serverSockets(port)), [valuesOf(values)]);
  });

  it('removed: refuses new connections, answers open ones with Connection: close', async (t) => {
    const registry = new Registry();
    const backendPort = await okBackend(t);
    const engine = startEngine(t, { registry });
    await engine.apply(plan('1', { backendPort }));
    const port = portOf(engine);
    const client = await connectRaw(t, port);
    client.socket.write(REQUEST);
    await client.until('ok');
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    await once(session, 'remoteSettings');
    const gone = once(session, 'goaway');
    await engine.apply(plan('2'));
    assert.equal(await isRefused(port), true);
    await gone;
    await once(session, 'close');
    assert.equal(client.closed() || client.ended(), false, 'an idle connection may ask once more');
    const before = client.received().length;
    client.socket.write(REQUEST);
    await eventually(() => assert.match(client.received().slice(before), /connection: close/));
    await holds(() => client.ended());
    await eventually(() => assert.equal(engine.summary().open, 0));
    const metric = await registry.getSingleMetric('heartline_connections_closed_total')?.get();
    const causes = metric?.values.filter(({ labels }) => labels['bind'] !== '');
    assert.deepEqual(
      causes?.map(({ labels, value }) => [labels['cause'], value]),
      [['listener_removed', 2]],
    );
  });

  it('removed: what does not end by itself ends at the drain deadline', async (t) => {
    const server = createHttpServer();
    new WebSocketServer({ server });
    const backendPort = await listenOnLoopback(t, server);
    const engine = startEngine(t, { drainMs: 300 });
    await engine.apply(plan('1', { backendPort }));
    const port = portOf(engine);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(socket, 'open');
    const silent = await connectRaw(t, port);
    await eventually(() => assert.equal(engine.summary().open, 2));
    await engine.apply(plan('2'));
    assert.equal(engine.summary().open, 2);
    await once(socket, 'close');
    await holds(() => silent.closed() || silent.ended());
  });

  it('refused: accepts nothing from the start, and stops accepting when it becomes so', async (t) => {
    const backendPort = await okBackend(t);
    const engine = startEngine(t, { drainMs: 200 });
    const reason = 'networkAuthorization is not enforced by this worker';
    await engine.apply(plan('1', { backendPort, refusal: reason }));
    const [refused] = engine.summary().listeners;
    assert.equal(refused?.listening, false);
    assert.match(refused?.error ?? '', /networkAuthorization/);
    await engine.apply(plan('2', { backendPort }));
    const port = portOf(engine);
    const client = await connectRaw(t, port);
    client.socket.write(REQUEST);
    await client.until('ok');
    await engine.apply(plan('3', { backendPort, refusal: reason }));
    assert.equal(await isRefused(port), true);
    await holds(() => client.closed());
    await engine.apply(plan('4', { backendPort }));
    assert.equal(await isRefused(portOf(engine)), false);
  });

  it('values that the kernel refuses are an error; the old ones stay in force', async (t) => {
    const backendPort = await okBackend(t);
    const engine = startEngine(t);
    const good = keepalive(30, 5, 3);
    await engine.apply(plan('1', { backendPort, tcp: good }));
    const port = portOf(engine);
    await connectRaw(t, port);
    await eventually(() => assert.equal(engine.summary().open, 1));
    const report = await engine.apply(plan('2', { backendPort, tcp: keepalive(32_768, 5, 3) }));
    assert.equal(report.errors.length, 1);
    assert.equal(report.errors[0]?.key, KEY);
    assert.match(report.errors[0]?.message ?? '', /time 32768 s/);
    assert.deepEqual(distinctValues(await serverSockets(port)), [valuesOf(good)]);
    assert.equal(engine.summary().inForce, false);
    await engine.apply(plan('3', { backendPort, tcp: good }));
    assert.equal(engine.summary().inForce, true);
  });

  it('keep their sockets when values, routes and hostnames change', async (t) => {
    const engine = startEngine(t);
    await engine.apply(plan('1', { backendPort: await okBackend(t) }));
    const port = portOf(engine);
    const [before] = await serverSockets(port);
    const tcp = keepalive(30, 5, 3);
    const http = { http1IdleTimeoutMs: 5000 };
    await engine.apply(plan('2', { backendPort: await okBackend(t), tcp, http }));
    const [after] = await serverSockets(port);
    assert.equal(after?.inode, before?.inode);
  });

  it('change their protocol by another socket on the same port', async (t) => {
    const backendPort = await okBackend(t);
    const engine = startEngine(t);
    await engine.apply(plan('1', { backendPort }));
    const port = portOf(engine);
    const old = await connectRaw(t, port);
    await engine.apply(plan('2', { port, backendPort, protocol: 'tcp' }));
    const client = await connectRaw(t, port);
    client.socket.write('GET / HTTP/1.0\r\n\r\n');
    await client.until('ok');
    const { connections } = await engine.query({ afterId: 0, limit: 9, side: 'downstream' });
    assert.deepEqual(
      connections.map(({ protocol }) => protocol),
      ['sniffing', 'tcp'],
    );
    old.socket.write(REQUEST);
    assert.match(await old.until('ok'), /connection: close/);
  });

  it('apply values once to a port that moves to another bind', async (t) => {
    const backendPort = await okBackend(t);
    const engine = startEngine(t);
    await engine.apply(plan('1', { backendPort }));
    const port = portOf(engine);
    const report = await engine.apply(plan('2', { key: 'other', port, backendPort }));
    assert.deepEqual(report.warnings, []);
    assert.equal(await isRefused(port), false);
  });
});

describe('backends', () => {
  const rows: [string, object, number][] = [
    ['loopback without --allow-local-backends', { allowLocalBackends: false }, 503],
    ['a port of the worker itself', { own: true }, 503],
    ['loopback when it is allowed', {}, 200],
  ];
  for (const [name, options, status] of rows) {
    it(`${name} answers ${status}`, async (t) => {
      const backendPort = await okBackend(t);
      const forbiddenBackendPorts =
        'own' in options ? [{ host: '0.0.0.0', port: backendPort }] : [];
      const engine = startEngine(t, { forbiddenBackendPorts, ...options });
      await engine.apply(plan('1', { backendPort }));
      const client = await connectRaw(t, portOf(engine));
      client.socket.write(REQUEST);
      await client.until(`HTTP/1.1 ${status}`);
    });
  }
});

describe('drain', () => {
  it('closes idle connections at once, lets requests finish, ends the rest after the grace', async (t) => {
    const backendPort = await startBackend(t, (_request, response) => {
      setTimeout(() => response.end('late'), 300);
    });
    const engine = startEngine(t);
    await engine.apply(plan('1', { backendPort }));
    const port = portOf(engine);
    const idle = await connectRaw(t, port);
    const busy = await connectRaw(t, port);
    busy.socket.write(REQUEST);
    await eventually(async () => {
      const { connections } = await engine.query({ afterId: 0, limit: 9, side: 'downstream' });
      assert.deepEqual(
        connections.map(({ state }) => state),
        ['idle', 'busy'],
      );
    });
    await engine.drain(20_000);
    assert.equal(await isRefused(port), true);
    await holds(() => idle.ended());
    assert.match(await busy.until('late'), /connection: close/);
    assert.equal(engine.summary().open, 0);
  });
});

describe('change notifications', () => {
  it('come once per turn, and not after the listener was taken off', async (t) => {
    const engine = startEngine(t);
    let calls = 0;
    const stop = engine.onChange(() => {
      calls += 1;
    });
    await engine.apply(plan('1', {}));
    await holds(() => calls > 0);
    stop();
    await new Promise((resolve) => setImmediate(resolve));
    const before = calls;
    await engine.apply(plan('2', { tcp: keepalive(30, 5, 3) }));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(calls, before);
  });
});
