// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ConnectionQuery, Engine } from '../../dataplane/engine/engine.js';
import type { ConnectionView } from '../../dataplane/engine/report.js';
import {
  connectRaw,
  holds,
  keepalive,
  localBackend,
  plan,
  portOf,
  type RawClient,
  serverSockets,
  startBackend,
  startEngine,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { HTTP_CLIENTS } from '../support/http-clients.js';

const PAGE = { afterId: 0, limit: 100 };

/** Two listeners on one port, and a TCP port. */
async function startLab(t: TestContext, listenAddresses = ['127.0.0.1', '::1']) {
  const backend = await startBackend(t, (request, response) => {
    if (request.url !== '/hang') response.end('ok');
  });
  const backends = [localBackend(backend)];
  const pathMatch = { type: 'prefix' as const, value: '/' };
  const listener = (name: string, hostname: string) => ({
    key: `ns/gw.${name}`,
    name,
    hostname,
    routes: [{ key: `ns/${name}`, hostnames: [], pathMatch, backends }],
    tcpRoutes: [],
  });
  const listeners = [listener('web', ''), listener('shop', 'shop.example')];
  const engine = startEngine(t, { listenAddresses });
  const apply = (version: string, idleSeconds: number) =>
    engine.apply(
      plan(
        version,
        { key: 'http', listeners, tcp: keepalive(idleSeconds, 5, 3) },
        { key: 'tcp', protocol: 'tcp', backendPort: backend },
      ),
    );
  await apply('1', 60);
  return { engine, apply, httpPort: portOf(engine, 'http'), tcpPort: portOf(engine, 'tcp') };
}

async function viewsOf(engine: Engine, query: Partial<ConnectionQuery> = {}) {
  return (await engine.query({ ...PAGE, side: 'downstream', ...query })).connections;
}

function localPortOf({ socket }: RawClient): string {
  return `${socket.localPort}`;
}

const portsOf = (views: readonly ConnectionView[]): string[] =>
  views.map(({ peer }) => peer.slice(peer.lastIndexOf(':') + 1));

describe('a connection is shown', () => {
  it('with its listener, its requests and what the kernel knows of its path', async (t) => {
    const { engine, httpPort } = await startLab(t);
    const client = HTTP_CLIENTS['HTTP/1.1'](t, httpPort);
    await client.ask();
    await client.ask({ headers: { host: 'shop.example' } });
    const view = await eventually(async () => {
      const [found] = await viewsOf(engine);
      assert.equal(found?.state, 'idle');
      assert.equal(found?.tcp?.unackedSegments, 0);
      return found;
    });
    assert.equal(view.listener, 'shop');
    assert.equal(view.requests, 2);
    const { connections: backends } = await engine.query({ ...PAGE, side: 'upstream' });
    assert.deepEqual(
      backends.map(({ requests, listener }) => [requests, listener]),
      [[2, '']],
    );
    assert.equal(view.client, view.peer);
    assert.equal(view.lastPing, undefined);
    assert.equal(view.settling, false);
    const [socket] = (await serverSockets(httpPort)).filter(({ listening }) => !listening);
    assert.equal(view.tcp?.roundTripMs, socket?.roundTripMs);
    assert.equal(view.tcp?.state, 'ESTAB');
    assert.ok(view.bytesRead > 0 && view.bytesWritten > 0);
  });

  it('with its listener before it asks anything when the port has only one', async (t) => {
    const { engine, tcpPort, httpPort } = await startLab(t);
    const tcp = await connectRaw(t, tcpPort);
    const http = await connectRaw(t, httpPort);
    await eventually(async () => assert.equal((await viewsOf(engine)).length, 2));
    const listeners = new Map(
      (await viewsOf(engine)).map((view) => [portsOf([view])[0], view.listener]),
    );
    assert.equal(listeners.get(localPortOf(tcp)), 'a');
    assert.equal(listeners.get(localPortOf(http)), '');
  });
});

describe('conditions of a query', () => {
  it('select connections, one by one and together', async (t) => {
    const { engine, httpPort, tcpPort, apply } = await startLab(t);
    const tcp = await connectRaw(t, tcpPort);
    const silent = await connectRaw(t, httpPort, '::1');
    const busy = await connectRaw(t, httpPort);
    busy.socket.write('GET /hang HTTP/1.1\r\nhost: shop.example\r\n\r\n');
    const idle = await connectRaw(t, httpPort);
    idle.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await idle.until('ok');
    await eventually(async () => {
      assert.equal((await viewsOf(engine, { state: 'busy', protocol: 'http/1.1' })).length, 1);
      assert.equal((await viewsOf(engine)).length, 4);
    });
    const selected = async (query: Partial<ConnectionQuery>) =>
      portsOf(await viewsOf(engine, query)).sort();
    const named = (...clients: RawClient[]) => clients.map(localPortOf).sort();

    assert.deepEqual(await selected({ bindKey: 'tcp' }), named(tcp));
    assert.deepEqual(await selected({ listener: 'shop' }), named(busy));
    assert.deepEqual(await selected({ protocol: 'sniffing' }), named(silent));
    assert.deepEqual(await selected({ bindKey: 'http', state: 'idle' }), named(silent, idle));
    assert.deepEqual(
      await selected({ peer: { address: '127.0.0.0', prefix: 8 } }),
      named(tcp, busy, idle),
    );
    assert.deepEqual(await selected({ peer: { address: '::1', prefix: 128 } }), named(silent));
    assert.deepEqual(await selected({ client: { address: '10.0.0.0', prefix: 8 } }), []);
    assert.deepEqual(await selected({ version: '1' }), named(tcp, silent, busy, idle));
    assert.deepEqual(await selected({ inForce: false }), []);
    assert.deepEqual(await selected({ settling: true }), []);
    assert.deepEqual(await selected({ olderThanMs: 3_600_000 }), []);
    assert.deepEqual(await selected({ olderThanMs: 0, listener: 'web' }), named(idle));
    assert.deepEqual(await selected({ idleLongerThanMs: 3_600_000 }), []);
    assert.equal((await engine.query({ ...PAGE, side: 'upstream' })).total, 3);

    await apply('2', 61);
    assert.deepEqual(await selected({ version: '1' }), []);
    assert.deepEqual(await selected({ version: '2', bindKey: 'tcp' }), named(tcp));
  });
});

describe('pages', () => {
  it('show each connection that stays exactly once while others come and go', async (t) => {
    const { engine, httpPort } = await startLab(t);
    const stays: RawClient[] = [];
    const goes: RawClient[] = [];
    for (let i = 0; i < 60; i += 1) {
      (i % 3 === 0 ? goes : stays).push(await connectRaw(t, httpPort));
    }
    await holds(() => engine.summary().open === 60);
    const seen: string[] = [];
    let afterId: number | undefined = 0;
    while (afterId !== undefined) {
      const page = await engine.query({ afterId, limit: 7, side: 'downstream' });
      assert.ok(page.connections.length <= 7);
      seen.push(...portsOf(page.connections));
      afterId = page.nextAfterId;
      const open = engine.summary().open;
      goes.pop()?.socket.destroy();
      await holds(() => engine.summary().open < open || goes.length === 0);
      if (goes.length > 0) await connectRaw(t, httpPort);
    }
    const of = (clients: readonly RawClient[]) => {
      const own = new Set(clients.map(localPortOf));
      return seen.filter((port) => own.has(port));
    };
    assert.deepEqual(of(stays), stays.map(localPortOf), 'in order, each once');
    assert.equal(new Set(seen).size, seen.length, 'none twice');
  });
});
