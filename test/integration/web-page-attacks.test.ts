// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { exchange } from '../support/exchange.js';
import { type Stack, startStack } from '../support/stack.js';

const POLICIES = '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaypolicies';
const PORT_FORWARD =
  '/api/v1/namespaces/agentgateway-system/pods/agentgateway-proxy-0/portforward?ports=15000';
const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io',
];
const SPDY = [
  'Connection: Upgrade',
  'Upgrade: SPDY/3.1',
  'X-Stream-Protocol-Version: portforward.k8s.io',
  'Content-Length: 0',
];
const POLICY = JSON.stringify({
  apiVersion: 'agentgateway.dev/v1alpha1',
  kind: 'AgentgatewayPolicy',
  metadata: { name: 'planted', namespace: 'httpbin' },
  spec: {
    targetRefs: [
      { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'agentgateway-proxy' },
    ],
    frontend: { tcp: { keepalive: {} } },
  },
});

interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body?: string;
}

const get = (path: string, headers: readonly string[] = []): Attempt => ({
  ...{ method: 'GET', path, headers },
});

/** What a web page would like to reach on the API's port, each with what it needs otherwise. */
const API_REQUESTS: Readonly<Record<string, Attempt>> = {
  'a list': get(POLICIES),
  'a watch': get(`${POLICIES}?watch=true`),
  'the version': get('/version'),
  metrics: get('/metrics'),
  'a WebSocket on a watch': get(`${POLICIES}?watch=true`, WEBSOCKET),
  'a port-forward over WebSocket': get(PORT_FORWARD, WEBSOCKET),
  'a port-forward over SPDY': { method: 'POST', path: PORT_FORWARD, headers: SPDY },
  'a write': {
    ...{ method: 'POST', path: POLICIES, body: POLICY },
    headers: ['Content-Type: application/json'],
  },
  'a deletion': { method: 'DELETE', path: `${POLICIES}/any`, headers: [] },
};

const ADMIN_REQUESTS: Readonly<Record<string, Attempt>> = {
  'a dump': get('/config_dump'),
  connections: get('/connections'),
  'a WebSocket': get('/config_dump', WEBSOCKET),
  'another log level': { method: 'POST', path: '/logging?level=debug', headers: [] },
  'its end': {
    ...{ method: 'POST', path: '/quitquitquit', body: 'x' },
    headers: ['Content-Type: text/plain'],
  },
};

describe('what a web page may not do', () => {
  let stack: Stack;
  let ca: string;
  let apiToken: string;
  let workerToken: string;
  before(async () => {
    stack = await startStack();
    const read = (name: string) => readFileSync(join(stack.dataDir, name), 'utf8');
    ca = read('ca.crt');
    apiToken = read('api.token').trim();
    workerToken = read('worker.token').trim();
  });
  after(() => stack.stop());

  const plain = async (base: number): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port: stack.port(base) });
    await once(socket, 'connect');
    return socket;
  };
  const overTls = async (base: number): Promise<Socket> => {
    const socket = connectTls({ host: '127.0.0.1', port: stack.port(base), ca });
    await once(socket, 'secureConnect');
    return socket;
  };
  const doors = [
    { name: 'the API over TLS', base: 9979, open: overTls, requests: API_REQUESTS },
    { name: 'the API over plain HTTP', base: 9979, open: plain, requests: API_REQUESTS },
    { name: "the worker's admin port", base: 15_000, open: plain, requests: ADMIN_REQUESTS },
  ];
  type Door = (typeof doors)[number];

  /** The status and the whole answer; extra headers come after those of the attempt. */
  const send = async (
    { open, base }: Door,
    { method, path, headers, body = '' }: Attempt,
    extra: readonly string[],
  ) => {
    const socket = await open(base);
    const host = extra.some((line) => line.startsWith('Host:'))
      ? []
      : [`Host: localhost:${stack.port(base)}`];
    const length = body === '' ? [] : [`Content-Length: ${body.length}`];
    const head = [`${method} ${path} HTTP/1.1`, ...host, ...headers, ...extra, ...length];
    try {
      return await exchange(socket, `${head.join('\r\n')}\r\n\r\n${body}`);
    } finally {
      socket.destroy();
    }
  };
  const bearer = (token: string) => `Authorization: Bearer ${token}`;

  for (const door of doors) {
    describe(door.name, () => {
      for (const [name, attempt] of Object.entries(door.requests)) {
        it(`refuses ${name} under a name that was rebound to it`, async () => {
          const host = `Host: evil.example:${stack.port(door.base)}`;
          const { status, head } = await send(door, attempt, [host, bearer(apiToken)]);
          assert.equal(status, 403, head);
        });

        for (const origin of ['http://evil.example', 'https://localhost:3000', 'null']) {
          it(`refuses ${name} of a page of ${origin}`, async () => {
            const page = [`Origin: ${origin}`, bearer(apiToken)];
            const { status, head } = await send(door, attempt, page);
            assert.equal(status, 403, head);
            assert.doesNotMatch(head, /access-control-allow/i);
          });
        }
      }

      it('allows no page anything when it asks before it sends', async () => {
        const ask = [
          'Origin: http://evil.example',
          'Access-Control-Request-Method: POST',
          'Access-Control-Request-Headers: authorization',
        ];
        const path = door.base === 9979 ? POLICIES : '/config_dump';
        const { head } = await send(door, { method: 'OPTIONS', path, headers: [] }, ask);
        assert.doesNotMatch(head, /access-control-allow/i);
      });
    });
  }

  for (const door of doors.slice(0, 2)) {
    describe(`${door.name}, without the right token in the right place`, () => {
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
      ]) {
        it(`refuses a POST of ${type}, which a page may send unasked`, async () => {
          const attempt = { method: 'POST', path: POLICIES, body: POLICY };
          const headers = [`Content-Type: ${type}`];
          const { status, head } = await send(door, { ...attempt, headers }, [bearer(apiToken)]);
          assert.equal(status, 415, head);
        });
      }

      it('refuses a POST without a content type', async () => {
        const attempt = { method: 'POST', path: POLICIES, body: POLICY, headers: [] };
        const { status, head } = await send(door, attempt, [bearer(apiToken)]);
        assert.equal(status, 415, head);
      });

      for (const [name, attempt] of Object.entries(door.requests).filter(
        ([key]) => key !== 'the version',
      )) {
        const { path } = attempt;
        const joined = path.includes('?') ? '&' : '?';
        it(`takes no token from the query of ${name}`, async () => {
          for (const field of ['access_token', 'token', 'authorization']) {
            const withToken = `${path}${joined}${field}=${apiToken}`;
            const { status, head } = await send(door, { ...attempt, path: withToken }, []);
            assert.equal(status, 401, head);
          }
        });

        it(`does not open ${name} to a worker`, async () => {
          const { status, head } = await send(door, attempt, [bearer(workerToken)]);
          assert.ok(status === 401 || status === 403, head);
        });
      }

      it('takes no token as a cookie, a password or a WebSocket protocol', async () => {
        const encoded = Buffer.from(apiToken).toString('base64url');
        for (const line of [
          `Cookie: token=${apiToken}`,
          `Authorization: Basic ${Buffer.from(`admin:${apiToken}`).toString('base64')}`,
          `Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.${encoded}`,
        ]) {
          const { status, head } = await send(door, get(POLICIES), [line]);
          assert.equal(status, 401, head);
        }
      });
    });
  }

  it('left nothing behind', async () => {
    const [api, , admin] = doors;
    assert.ok(api !== undefined && admin !== undefined);
    const list = await send(api, get(POLICIES), [bearer(apiToken)]);
    assert.equal(list.status, 200);
    assert.doesNotMatch(list.body.toString(), /planted/);
    assert.equal((await send(admin, get('/config_dump'), [])).status, 200);
  });
});
