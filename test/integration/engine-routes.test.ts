// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type { BackendTarget, HttpRoutePlan, Plan } from '../../dataplane/engine/plan.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import {
  connectRaw,
  holds,
  listenOnLoopback,
  localBackend,
  plan,
  portOf,
  startBackend,
  startEngine,
} from '../support/engine-lab.js';
import { HTTP_CLIENTS, type HttpClient } from '../support/http-clients.js';

type RouteShape = Partial<HttpRoutePlan> & { readonly path?: string };

/** A plan of one HTTP listener with these routes; without backends they lead to `backendPort`. */
function planOf(version: string, backendPort: number, shapes: readonly RouteShape[]): Plan {
  const backends = [localBackend(backendPort)];
  const routes = shapes.map(({ path = '/', ...more }, at): HttpRoutePlan => {
    const pathMatch = { type: 'prefix' as const, value: path };
    return { key: `r${at}`, hostnames: [], pathMatch, backends, ...more };
  });
  const listener = { key: 'ns/gw.a', name: 'a', hostname: '', routes, tcpRoutes: [] };
  return plan(version, { listeners: [listener] });
}

async function serve(t: TestContext, backend: RequestListener, ...shapes: RouteShape[]) {
  const backendPort = await startBackend(t, backend);
  const clock = manualClock();
  // The engine's end, which comes right after, waits for connections until the clock says that it need not.
  t.after(() => void setImmediate(() => clock.advance(0)));
  const engine = startEngine(t, { clock });
  await engine.apply(planOf('1', backendPort, shapes));
  return { engine, clock, backendPort, port: portOf(engine) };
}

/** Tells the client what arrived. */
const echo: RequestListener = (request, response) => {
  const { method, url, headers } = request;
  response.setHeader('x-backend', 'one');
  response.setHeader('x-internal', 'secret');
  response.end(JSON.stringify({ method, url, headers }));
};

const NO_CHANGES = { add: [], set: [], remove: [] };
const REQUEST_CHANGES = {
  add: [{ name: 'X-List', value: 'b,c' }],
  set: [{ name: 'x-team', value: 'blue' }],
  remove: ['x-secret'],
};
const RESPONSE_CHANGES = {
  add: [{ name: 'x-backend', value: 'two' }],
  set: [{ name: 'X-Set', value: '1' }],
  remove: ['x-internal'],
};

for (const [version, clientOf] of Object.entries(HTTP_CLIENTS)) {
  describe(`routes over ${version}`, () => {
    it('are chosen by method, headers and query', async (t) => {
      const answer = (text: string) => (_: IncomingMessage, response: ServerResponse) =>
        void response.end(text);
      const other = await startBackend(t, answer('special'));
      const special: RouteShape = {
        method: 'POST',
        headers: [{ name: 'x-version', type: 'regex', value: 'v[2-9]' }],
        query: [{ name: 'debug', type: 'exact', value: '1' }],
        backends: [localBackend(other)],
      };
      const { port } = await serve(t, answer('plain'), {}, special);
      const client = clientOf(t, port);
      const headers = { 'x-version': 'v3' };
      const rows = [
        [{ method: 'POST', path: '/?debug=1', headers, body: Buffer.from('x') }, 'special'],
        [{ method: 'PUT', path: '/?debug=1', headers, body: Buffer.from('x') }, 'plain'],
        [{ method: 'POST', path: '/?debug=2', headers, body: Buffer.from('x') }, 'plain'],
        [{ method: 'POST', path: '/?debug=1', body: Buffer.from('x') }, 'plain'],
      ] as const;
      for (const [question, expected] of rows) {
        assert.equal((await client.ask(question)).body, expected);
      }
    });

    it('change headers on the way there and back', async (t) => {
      const filters = { requestHeaders: REQUEST_CHANGES, responseHeaders: RESPONSE_CHANGES };
      const { port } = await serve(t, echo, { filters });
      const headers = { 'x-list': 'a', 'x-team': 'red', 'x-secret': 'drop', 'x-kept': '1' };
      const reply = await clientOf(t, port).ask({ headers });
      const arrived = JSON.parse(reply.body).headers;
      assert.equal(arrived['x-list'], 'a,b,c');
      assert.equal(arrived['x-team'], 'blue');
      assert.equal(arrived['x-secret'], undefined);
      assert.equal(arrived['x-kept'], '1');
      assert.equal(reply.headers['x-backend'], 'one,two');
      assert.equal(reply.headers['x-set'], '1');
      assert.equal(reply.headers['x-internal'], undefined);
    });

    it('change headers for one backend after those of the route', async (t) => {
      const set = (value: string) => ({ ...NO_CHANGES, set: [{ name: 'x-from', value }] });
      const shapes = (port: number): RouteShape[] => [
        {
          filters: { requestHeaders: set('route'), responseHeaders: set('route') },
          backends: [
            {
              ...localBackend(port),
              filters: { requestHeaders: set('backend'), responseHeaders: set('backend') },
            },
          ],
        },
      ];
      const { engine, backendPort, port } = await serve(t, echo);
      await engine.apply(planOf('2', backendPort, shapes(backendPort)));
      const reply = await clientOf(t, port).ask();
      assert.equal(JSON.parse(reply.body).headers['x-from'], 'backend');
      assert.equal(reply.headers['x-from'], 'route');
    });

    it('rewrite host and path', async (t) => {
      const path = { type: 'prefix' as const, from: '/old', to: '/new' };
      const { port } = await serve(t, echo, {
        path: '/old',
        filters: { hostname: 'inside.test', path },
      });
      const reply = await clientOf(t, port).ask({
        path: '/old/cart?id=/old',
        headers: { host: 'outside.test:80' },
      });
      const { url, headers } = JSON.parse(reply.body);
      assert.equal(url, '/new/cart?id=/old');
      assert.equal(headers.host, 'inside.test');
    });

    it('redirect without a backend', async (t) => {
      const redirect = {
        hostname: 'new.test',
        path: { type: 'full' as const, path: '/welcome' },
        status: 301,
      };
      const responseHeaders = { ...NO_CHANGES, set: [{ name: 'x-why', value: 'moved' }] };
      const { port } = await serve(
        t,
        echo,
        { backends: [], filters: { redirect, responseHeaders } },
        { path: '/tls', backends: [], filters: { redirect: { scheme: 'https', status: 302 } } },
      );
      const client = clientOf(t, port);
      const moved = await client.ask({ path: '/old?a=b', headers: { host: 'old.test' } });
      assert.equal(moved.status, 301);
      assert.equal(moved.headers['location'], `http://new.test:${port}/welcome?a=b`);
      assert.equal(moved.headers['x-why'], 'moved');
      const secure = await client.ask({ path: '/tls/x?a=b', headers: { host: 'old.test:80' } });
      assert.equal(secure.status, 302);
      assert.equal(secure.headers['location'], 'https://old.test/tls/x?a=b');
      assert.equal(client.connections(), 1);
    });

    it('answer 500 for the share of a backend that leads nowhere, and no more', async (t) => {
      const backendPort = await startBackend(t, echo);
      let turn = 0;
      const engine = startEngine(t, {
        // Half of the draws fall on each of two equal weights.
        random: () => (turn++ % 2 === 0 ? 0.25 : 0.75),
      });
      const refusal = { reason: 'backend a/gone does not exist' };
      const gone: BackendTarget = { key: '', host: '', port: 0, weight: 1, refusal };
      const shape = { backends: [localBackend(backendPort), gone] };
      await engine.apply(planOf('1', backendPort, [shape]));
      turn = 0;
      const client = clientOf(t, portOf(engine));
      const statuses: number[] = [];
      for (let i = 0; i < 6; i += 1) statuses.push((await client.ask()).status);
      assert.deepEqual(statuses.toSorted(), [200, 200, 200, 500, 500, 500]);
    });

    it('answer 504 when the time is up, and the connection goes on', async (t) => {
      const arrived: string[] = [];
      const { port, clock } = await serve(
        t,
        (request, response) => {
          arrived.push(request.url ?? '');
          if (request.url === '/fast') response.end('fast');
        },
        { timeoutMs: 1500 },
      );
      const client = clientOf(t, port);
      assert.equal((await client.ask({ path: '/fast' })).body, 'fast');
      const slow = client.ask({ path: '/slow' });
      await holds(() => arrived.includes('/slow'));
      clock.advance(1499);
      assert.equal(await Promise.race([slow, afterNextTurn()]), undefined, 'not before its time');
      clock.advance(1);
      assert.equal((await slow).status, 504);
      assert.equal((await client.ask({ path: '/fast' })).body, 'fast');
      assert.equal(client.connections(), 1);
    });

    it('answer 504 in the middle of an upload, and the connection goes on', async (t) => {
      let received = 0;
      const { port, clock } = await serve(
        t,
        (request, response) => {
          if (request.method === 'GET') return void response.end('ok');
          request.on('data', (chunk: Buffer) => {
            received += chunk.length;
          });
          request.on('error', () => undefined);
        },
        { timeoutMs: 1000 },
      );
      const client = clientOf(t, port);
      const upload = client.ask({ method: 'POST', openBody: Buffer.from('part') });
      await holds(() => received === 4);
      clock.advance(1000);
      assert.equal((await upload).status, 504);
      assert.equal((await client.ask()).body, 'ok');
      assert.equal(client.connections(), 1);
    });

    it('cut an answer off that is still streaming when the time is up', async (t) => {
      const { port, clock } = await serve(
        t,
        (request, response) => {
          response.write('begun');
          if (request.url === '/whole') response.end('-and-done');
        },
        { timeoutMs: 1000 },
      );
      const client = clientOf(t, port);
      let received = '';
      const streamed = client.ask({
        onData: (chunk) => {
          received += chunk.toString();
        },
      });
      await holds(() => received === 'begun');
      const outcome = assert.rejects(streamed);
      clock.advance(1000);
      await outcome;
      assert.equal((await client.ask({ path: '/whole' })).body, 'begun-and-done');
    });

    it('show an answer as broken off when the backend breaks it off', async (t) => {
      const { port } = await serve(
        t,
        (_, response) => {
          response.write('begun');
          setImmediate(() => response.destroy());
        },
        {},
      );
      await assert.rejects(clientOf(t, port).ask());
    });

    it('finish a request that runs while its route goes away', async (t) => {
      let finish: (() => void) | undefined;
      const { engine, backendPort, port } = await serve(
        t,
        (_, response) => {
          finish = () => void response.end('finished');
        },
        {},
      );
      const client = clientOf(t, port);
      const running = client.ask();
      await holds(() => finish !== undefined);
      await engine.apply(planOf('2', backendPort, []));
      finish?.();
      const { status, body } = await running;
      assert.deepEqual([status, body], [200, 'finished']);
      assert.equal((await client.ask()).status, 404);
      assert.equal(client.connections(), 1);
    });
  });
}

/** Undefined, after what is ready in this turn of the loop has had its say. */
function afterNextTurn(): Promise<undefined> {
  return new Promise((resolve) => void setImmediate(() => setImmediate(() => resolve(undefined))));
}

describe('filters beyond plain requests', () => {
  async function startWebSockets(t: TestContext, onHead: (request: IncomingMessage) => void) {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(sockets, 'listening');
    t.after(() => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    });
    sockets.on('headers', (headers, request) => {
      headers.push('x-internal: secret');
      onHead(request);
    });
    sockets.on('connection', (socket) => {
      socket.on('message', (message) => socket.send(message));
    });
    const address = sockets.address();
    assert.ok(typeof address === 'object' && address !== null);
    return address.port;
  }

  it('a websocket is routed by its protocol, with its headers changed, and outlives the limit', async (t) => {
    const heads: IncomingMessage[] = [];
    const socketPort = await startWebSockets(t, (request) => heads.push(request));
    const { port, clock } = await serve(t, echo, {
      headers: [{ name: 'upgrade', type: 'exact', value: 'websocket' }],
      timeoutMs: 1000,
      filters: {
        requestHeaders: REQUEST_CHANGES,
        responseHeaders: RESPONSE_CHANGES,
        hostname: 'inside.test',
        path: { type: 'full', path: '/socket' },
      },
      backends: [localBackend(socketPort)],
    });
    const client = new WebSocket(`ws://127.0.0.1:${port}/chat?a=b`, {
      headers: { 'x-secret': 'drop' },
    });
    t.after(() => client.terminate());
    const [upgraded] = await once(client, 'upgrade');
    assert.equal(upgraded.headers['x-set'], '1');
    assert.equal(upgraded.headers['x-internal'], undefined);
    assert.equal(heads[0]?.url, '/socket?a=b');
    assert.equal(heads[0]?.headers.host, 'inside.test');
    assert.equal(heads[0]?.headers['x-team'], 'blue');
    assert.equal(heads[0]?.headers['x-secret'], undefined);
    clock.advance(60_000);
    client.send('still here');
    const [message] = await once(client, 'message');
    assert.equal(String(message), 'still here');
  });

  it('an upgrade is redirected, and answered 504 when the backend is silent', async (t) => {
    let asked = 0;
    const backend: RequestListener = (_, response) => void response.end();
    const { engine, clock, port } = await serve(t, backend);
    const mute = await listenOnLoopback(
      t,
      createTcpServer((socket) => {
        socket.on('data', () => {
          asked += 1;
        });
      }),
    );
    await engine.apply(
      planOf('2', mute, [
        { timeoutMs: 1000 },
        { path: '/old', backends: [], filters: { redirect: { scheme: 'https', status: 308 } } },
      ]),
    );
    const head = 'host: a.test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
    const redirected = await connectRaw(t, port);
    redirected.socket.write(`GET /old HTTP/1.1\r\n${head}`);
    await redirected.until('location: https://a.test/old\r\n');
    assert.match(redirected.received(), /^HTTP\/1\.1 308 Permanent Redirect\r\n/);
    const waiting = await connectRaw(t, port);
    waiting.socket.write(`GET / HTTP/1.1\r\n${head}`);
    await holds(() => asked > 0);
    clock.advance(1000);
    await waiting.until('HTTP/1.1 504 Gateway Timeout\r\n');
    await holds(() => waiting.ended());
  });

  it('gRPC gets the changes of its route, and DEADLINE_EXCEEDED in its time', async (t) => {
    const server = createHttp2Server();
    const seen: Record<string, unknown>[] = [];
    server.on('stream', (stream, headers) => {
      seen.push(headers);
      stream.on('error', () => undefined);
      if (headers[':path'] === '/new/Slow') return;
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-internal': 'x' });
      stream.end('message');
    });
    const backendPort = await listenOnLoopback(t, server);
    const { engine, clock, port } = await serve(t, echo);
    await engine.apply(
      planOf('2', backendPort, [
        {
          path: '/t.T',
          timeoutMs: 1000,
          filters: {
            requestHeaders: REQUEST_CHANGES,
            responseHeaders: RESPONSE_CHANGES,
            hostname: 'inside.test',
            path: { type: 'prefix', from: '/t.T', to: '/new' },
          },
        },
      ]),
    );
    const client: HttpClient = HTTP_CLIENTS['HTTP/2'](t, port);
    const headers = { 'content-type': 'application/grpc', te: 'trailers', 'x-secret': 'drop' };
    const reply = await client.ask({
      method: 'POST',
      path: '/t.T/Fast',
      headers,
      body: Buffer.from(''),
    });
    assert.equal(reply.body, 'message');
    assert.equal(reply.headers['x-set'], '1');
    assert.equal(reply.headers['x-internal'], undefined);
    const [head = {}] = seen;
    assert.equal(head[':path'], '/new/Fast');
    assert.equal(head[':authority'], 'inside.test');
    assert.equal(head['x-team'], 'blue');
    assert.equal(head['x-secret'], undefined);
    const slow = client.ask({ method: 'POST', path: '/t.T/Slow', headers, body: Buffer.from('') });
    await holds(() => seen.length === 2);
    clock.advance(1000);
    const late = await slow;
    assert.equal(late.status, 200);
    assert.equal(late.headers['grpc-status'], '4');
    assert.equal(client.connections(), 1);
  });
});
