// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { test } from 'node:test';
import type { BackendTarget } from '../../dataplane/engine/plan.js';
import {
  bindPlan,
  connectRaw,
  holds,
  listenOnLoopback,
  portOf,
  startBackend,
  startEngine,
  UPSTREAM,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';

const SERVICE = 'ns/app.ns.svc.cluster.local';
const target: BackendTarget = { key: 'k', service: SERVICE, host: '', port: 80, weight: 1 };
/** Nothing listens there, so a connection is refused at once. */
const DEAD = '127.0.0.99';

function tableOf(hosts: readonly string[], port: number) {
  const endpoints = hosts.map((host) => ({ host, ports: new Map([[80, port]]) }));
  return new Map([[SERVICE, endpoints]]);
}

function planOf(protocol: 'http' | 'tcp') {
  const route = { key: 'ns/route', backends: [target] };
  const pathMatch = { type: 'prefix' as const, value: '/' };
  const listener = {
    ...{ key: 'ns/gw.a', name: 'a', hostname: '' },
    routes: protocol === 'http' ? [{ ...route, hostnames: [], pathMatch }] : [],
    tcpRoutes: protocol === 'tcp' ? [route] : [],
  };
  return {
    version: '1-a',
    binds: [bindPlan({ protocol, listeners: [listener] })],
    upstreamTcp: UPSTREAM,
  };
}

test('a request with a body that meets a dead endpoint is sent whole to the next one', async (t) => {
  const port = await startBackend(t, (request, response) => void request.pipe(response));
  // Draws of 0 take the first endpoint, which is the dead one.
  const engine = startEngine(t, { random: () => 0 });
  engine.setEndpoints(tableOf([DEAD, '127.0.0.1'], port));
  await engine.apply(planOf('http'));
  const body = 'x'.repeat(300_000);
  const answer = await fetch(`http://127.0.0.1:${portOf(engine)}/`, { method: 'POST', body });
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), body);
});

test('a TCP connection that meets a dead endpoint is opened to the next one', async (t) => {
  const port = await startBackend(
    t,
    (_request, response) => void response.end('from the live one'),
  );
  const engine = startEngine(t, { random: () => 0 });
  engine.setEndpoints(tableOf([DEAD, '127.0.0.1'], port));
  await engine.apply(planOf('tcp'));
  const client = await connectRaw(t, portOf(engine));
  client.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await client.until('from the live one');
});

test('an upgrade that meets a dead endpoint is asked of the next one', async (t) => {
  const server = createServer();
  server.on('upgrade', (_request, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n',
    );
    socket.pipe(socket);
  });
  const port = await listenOnLoopback(t, server);
  const engine = startEngine(t, { random: () => 0 });
  engine.setEndpoints(tableOf([DEAD, '127.0.0.1'], port));
  await engine.apply(planOf('http'));
  const client = await connectRaw(t, portOf(engine));
  client.socket.write('GET / HTTP/1.1\r\nhost: a\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n');
  await client.until('101 Switching');
  client.socket.write('ping');
  await client.until('ping');
});

test('every endpoint is dead: 503, and no request waits', async (t) => {
  const engine = startEngine(t, { random: () => 0 });
  engine.setEndpoints(tableOf([DEAD, '127.0.0.98'], 1));
  await engine.apply(planOf('http'));
  const answer = await fetch(`http://127.0.0.1:${portOf(engine)}/`);
  assert.equal(answer.status, 503);
  await answer.text();
});

test('a removed endpoint finishes what it has, and gets nothing more', async (t) => {
  const waiting: ServerResponse[] = [];
  const port = await startBackend(t, (_request, response) => void waiting.push(response));
  const engine = startEngine(t, { random: () => 0 });
  engine.setEndpoints(tableOf(['127.0.0.1'], port));
  await engine.apply(planOf('http'));
  const url = `http://127.0.0.1:${portOf(engine)}/`;
  const running = fetch(url);
  await holds(() => waiting.length === 1);
  engine.setEndpoints(new Map());
  assert.equal((await fetch(url)).status, 503);
  waiting[0]?.end('finished');
  assert.equal(await (await running).text(), 'finished');
  assert.equal(waiting.length, 1);
  await eventually(async () => {
    assert.equal((await engine.query({ afterId: 0, limit: 10, side: 'upstream' })).total, 0);
  });
});
