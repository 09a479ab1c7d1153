// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Registry } from 'prom-client';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { formatHostPort } from '../../shared/names/host-port.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import type { ConnectionQuery } from '../engine/engine.js';
import { adminEndpoints } from './admin.js';
import { refuseForeignPage } from './host-check.js';
import { type Endpoint, startHttpServer } from './http-server.js';
import { createReadiness, readinessEndpoints } from './readiness.js';
import { statsEndpoints } from './stats.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

async function serve(t: TestContext, endpoints: readonly Endpoint[]) {
  const server = await startHttpServer({
    name: 'test',
    flag: '--test-addr',
    address: LOOPBACK,
    endpoints,
    logger: createLogger({ name: 't', level: 'silent' }),
    refuse: ({ headers: { host, origin } }) => refuseForeignPage({ host, origin }, new Set()),
  });
  t.after(() => server.close());
  const origin = `http://${formatHostPort(server.address)}`;
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${origin}${path}`, init);
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  return { ask, server, port: server.address.port };
}

async function serveAdmin(t: TestContext) {
  const queries: ConnectionQuery[] = [];
  const logger = createLogger({ name: 't', level: 'silent' });
  let quits = 0;
  const served = await serve(
    t,
    adminEndpoints({
      resources: () => new Map(),
      addresses: () => new Map(),
      facts: { version: '0.1.0', config: {} },
      engine: {
        async query(query) {
          queries.push(query);
          return { connections: [], nextAfterId: undefined, total: 0 };
        },
        summary: () => assert.fail('not asked here'),
      },
      describe: () => ({}),
      logger,
      profiler: { profile: async (seconds) => `profile of ${seconds}` },
      quit: () => {
        quits += 1;
      },
    }),
  );
  return { ...served, queries, logger, quits: () => quits };
}

/** Writes bytes to the port and collects what comes until the server closes. */
function sendBytes(port: number, bytes: Buffer | string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => void socket.write(bytes));
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

describe('the admin port', () => {
  const rows: readonly (readonly [string, RequestInit, number, RegExp])[] = [
    ['/config_dump', {}, 200, /^\{\n {2}"workloads": \[\],\n/],
    ['/config_dump?profile=1.1', {}, 200, /"policies": \[\]/],
    ['/config_dump?profile=1.4', {}, 200, /"policies": \[\]/],
    ['/config_dump?profile=2', {}, 400, /profile is 2; it takes 1.1, 1.2, 1.3, 1.4/],
    ['/connections', {}, 200, /^\{"connections":\[\],"total":0\}/],
    ['/connections?side=up', {}, 400, /side is up; it takes downstream, upstream/],
    ['/connections?limit=0', {}, 400, /limit is 0; it takes a whole number from 1 to 5000/],
    ['/connections?afterId=x', {}, 400, /afterId is x/],
    [
      '/connections?colour=red',
      {},
      400,
      /colour is no parameter of \/connections; it takes afterId, bind, /,
    ],
    ['/connections?constructor=1', {}, 400, /constructor is no parameter/],
    ['/connections?protocol=h3', {}, 400, /protocol is h3; it takes sniffing, http\/1.1, h2, /],
    ['/connections?state=bored', {}, 400, /state is bored; it takes idle, busy, upgraded, closing/],
    ['/connections?settling=maybe', {}, 400, /settling is maybe; it takes true, false/],
    ['/connections?olderThan=5', {}, 400, /olderThan is 5; it takes a duration such as 30s/],
    ['/connections?peer=10.0.0.0/33', {}, 400, /peer is 10.0.0.0\/33; it takes an IP address or/],
    ['/connections?client=me', {}, 400, /client is me; it takes an IP address or a range/],
    ['/debug/cpuprofile?seconds=2', {}, 200, /profile of 2/],
    ['/debug/cpuprofile?seconds=301', {}, 400, /from 1 to 300/],
    ['/logging', { method: 'POST' }, 200, /the log level is silent/],
    ['/logging?level=loud', { method: 'POST' }, 400, /level is loud/],
    ['/logging', {}, 405, /GET is not served here/],
    ['/quitquitquit', {}, 405, /GET is not served here/],
    ['/nothing', {}, 404, /GET \/config_dump\n/],
    ['/config_dump', { headers: { origin: 'http://evil.example' } }, 403, /evil.example/],
    ['/quitquitquit', { method: 'POST', headers: { origin: 'null' } }, 403, /pages of null/],
  ];
  for (const [path, init, status, body] of rows) {
    it(`${init.method ?? 'GET'} ${path} ${init.headers ? 'from a page ' : ''}answers ${status}`, async (t) => {
      const { ask, quits } = await serveAdmin(t);
      const answer = await ask(path, init);
      assert.match(answer.text, body);
      assert.equal(answer.status, status);
      assert.equal(quits(), 0);
    });
  }

  it('passes the query on', async (t) => {
    const { ask, queries } = await serveAdmin(t);
    await ask('/connections?afterId=7&limit=5&side=upstream&bind=8080/a/b');
    assert.deepEqual(queries, [{ afterId: 7, limit: 5, side: 'upstream', bindKey: '8080/a/b' }]);
  });

  it('passes every condition on', async (t) => {
    const { ask, queries } = await serveAdmin(t);
    await ask('/connections?listener=web&protocol=h2&state=busy&version=7-ab&settling=true');
    await ask('/connections?version=not-in-force&deferred=false&settingsPending=true');
    await ask('/connections?peer=10.1.0.0/16&client=2001:db8::7&idleLongerThan=1m30s&olderThan=2h');
    const page = { afterId: 0, limit: 1000 };
    assert.deepEqual(queries, [
      { ...page, listener: 'web', protocol: 'h2', state: 'busy', version: '7-ab', settling: true },
      { ...page, inForce: false, deferred: false, settingsPending: true },
      {
        ...page,
        peer: { address: '10.1.0.0', prefix: 16 },
        client: { address: '2001:db8::7', prefix: 128 },
        idleLongerThanMs: 90_000,
        olderThanMs: 7_200_000,
      },
    ]);
  });

  it('sets the log level and puts it back', async (t) => {
    const { ask, logger } = await serveAdmin(t);
    await ask('/logging?level=debug', { method: 'POST' });
    assert.equal(logger.level, 'debug');
    await ask('/logging?level=reset', { method: 'POST' });
    assert.equal(logger.level, 'silent');
  });

  it('quits on POST', async (t) => {
    const { ask, quits } = await serveAdmin(t);
    assert.equal((await ask('/quitquitquit', { method: 'POST' })).status, 200);
    assert.equal(quits(), 1);
  });
});

describe('garbage', () => {
  const rows: readonly (readonly [string, Buffer | string, RegExp])[] = [
    ['random bytes', Buffer.from('00ff16030100aa', 'hex'), /^HTTP\/1.1 400/],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1.1 400/],
    ['a huge header', `GET / HTTP/1.1\r\nx: ${'a'.repeat(64_000)}\r\n\r\n`, /^HTTP\/1.1 431/],
    ['no host', 'GET /x HTTP/1.1\r\n\r\n', /^HTTP\/1.1 400/],
    [
      'a foreign host',
      'GET /x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      /^HTTP\/1.1 403/,
    ],
    ['no URL', 'GET // HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 400/],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n', /^$/],
    [
      'an upgrade',
      'GET /ok HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n\r\n',
      /^HTTP\/1.1 200/,
    ],
  ];
  for (const [name, bytes, answer] of rows) {
    it(`${name} leaves the server as it was`, async (t) => {
      const handle = () => ({ contentType: 'text/plain', body: 'fine' });
      const { ask, port } = await serve(t, [{ method: 'GET', path: '/ok', handle }]);
      assert.match(await sendBytes(port, bytes), answer);
      assert.equal((await ask('/ok')).text, 'fine');
    });
  }

  it('an endpoint that throws answers 500 and the next request is served', async (t) => {
    const handle = (): never => {
      throw new Error('broken');
    };
    const { ask } = await serve(t, [{ method: 'GET', path: '/x', handle }]);
    assert.deepEqual([(await ask('/x')).status, (await ask('/x')).text], [500, 'broken\n']);
  });
});

describe('an address that is taken', () => {
  it('is an error that names it and the flag', async (t) => {
    const { server } = await serve(t, []);
    const second = startHttpServer({
      name: 'stats',
      flag: '--stats-addr',
      address: server.address,
      endpoints: [],
      logger: createLogger({ name: 't', level: 'silent' }),
    });
    await assert.rejects(second, (error) => {
      assert.ok(error instanceof HeartlineError);
      assert.equal(error.code, 'ADDRESS_IN_USE');
      assert.match(error.message, /stats address 127.0.0.1:\d+ is in use; .* --stats-addr/);
      return true;
    });
  });
});

describe('readiness', () => {
  it('names what is missing, in order, until nothing is', async (t) => {
    const readiness = createReadiness(['xds', 'engine']);
    const { ask } = await serve(t, readinessEndpoints(readiness));
    const probe = async () => {
      const { status, text } = await ask('/healthz/ready');
      return `${status} ${text}`;
    };
    assert.equal(await probe(), '500 not ready, pending: engine, xds\n');
    readiness.done('engine');
    assert.equal(await probe(), '500 not ready, pending: xds\n');
    readiness.done('xds');
    assert.equal(await probe(), '200 ready\n');
    readiness.pending('draining');
    assert.equal(await probe(), '500 not ready, pending: draining\n');
    assert.equal((await ask('/healthz/ready', { method: 'POST' })).status, 405);
  });
});

describe('stats', () => {
  it('are under both paths', async (t) => {
    const { ask } = await serve(t, statsEndpoints(new Registry()));
    for (const path of ['/metrics', '/stats/prometheus']) {
      const { status, headers } = await ask(path);
      assert.equal(status, 200);
      assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0.0.4/);
    }
  });
});
