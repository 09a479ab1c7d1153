// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { EngineOptions } from '../../dataplane/engine/create-engine.js';
import type { BackendTarget } from '../../dataplane/engine/plan.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import {
  bindPlan,
  connectRaw,
  holds,
  listenOnLoopback,
  portOf,
  startEngine,
  UPSTREAM,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';

interface Lab {
  readonly port: number;
  /** Connections that the backend saw. */
  readonly seen: () => number;
  readonly log: () => string;
}

/** An engine whose one backend is a listener on loopback, named as `host`. */
async function startLab(
  t: TestContext,
  host: string,
  options: (backendPort: number) => Partial<EngineOptions>,
  protocol: 'http' | 'tcp' = 'http',
): Promise<Lab> {
  let seen = 0;
  const backend = createServer((socket) => {
    seen += 1;
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  });
  const backendPort = await listenOnLoopback(t, backend);
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ name: 'test', level: 'warn', destination });
  const engine = startEngine(t, { logger, ...options(backendPort) });
  const target: BackendTarget = { key: 'b', host, port: backendPort, weight: 1 };
  const routes = [
    {
      key: 'r',
      hostnames: [],
      pathMatch: { type: 'prefix' as const, value: '/' },
      backends: [target],
    },
  ];
  const listener = {
    ...{ key: 'l', name: 'l', hostname: '' },
    routes: protocol === 'http' ? routes : [],
    tcpRoutes: protocol === 'tcp' ? [{ key: 't', backends: [target] }] : [],
  };
  const bind = bindPlan({ protocol, listeners: [listener] });
  await engine.apply({ version: '1', binds: [bind], upstreamTcp: UPSTREAM });
  return { port: portOf(engine), seen: () => seen, log: () => lines.join('') };
}

const REFUSED = () => ({ allowLocalBackends: false });
const OWN = (port: number) => ({ forbiddenBackendPorts: [{ host: '127.0.0.1', port }] });
const LOCAL_IS_FINE = () => ({});

/** Every way to a backend; what the client gets when there is none. */
const WAYS: readonly (readonly [
  string,
  'http' | 'tcp',
  (t: TestContext, port: number) => Promise<string>,
])[] = [
  [
    'HTTP/1',
    'http',
    async (t, port) => {
      const client = await connectRaw(t, port);
      client.socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
      await holds(() => client.ended());
      return client.received();
    },
  ],
  [
    'an upgrade',
    'http',
    async (t, port) => {
      const client = await connectRaw(t, port);
      client.socket.write(
        'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
      );
      await holds(() => client.ended());
      return client.received();
    },
  ],
  [
    'gRPC',
    'http',
    async (t, port) => {
      const session = connectHttp2(`http://127.0.0.1:${port}`);
      t.after(() => session.destroy());
      session.on('error', () => undefined);
      const stream = session.request({
        ...{ ':path': '/a.b/c', ':method': 'POST', 'content-type': 'application/grpc' },
        te: 'trailers',
      });
      stream.end();
      const [headers] = await once(stream, 'response');
      let body = '';
      for await (const chunk of stream) body += chunk;
      return `${JSON.stringify(headers)} ${body}`;
    },
  ],
  [
    'TCP',
    'tcp',
    async (t, port) => {
      const socket = connect(port, '127.0.0.1');
      t.after(() => socket.destroy());
      let received = '';
      socket.on('data', (chunk) => {
        received += String(chunk);
      });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('close', resolve));
      return received;
    },
  ],
];

describe('a backend that may not be reached', { concurrency: true }, () => {
  for (const [way, protocol, ask] of WAYS) {
    for (const [why, options, reason] of [
      ['loopback', REFUSED, /127.0.0.1 is loopback; --allow-local-backends allows it/],
      ['a port of Heartline itself', OWN, /127.0.0.1:\d+ is a port of Heartline itself/],
    ] as const) {
      it(`${way}: ${why} is never dialled, and only the log says where it would have gone`, async (t) => {
        const lab = await startLab(t, '127.0.0.1', options, protocol);
        const got = await ask(t, lab.port);
        assert.equal(lab.seen(), 0);
        assert.doesNotMatch(got, /127\.0\.0\.1|loopback|Heartline/);
        if (protocol === 'http') assert.match(got, /HTTP\/1\.1 503|:status":503|grpc-status":"14"/);
        await eventually(() => assert.match(lab.log(), reason));
        await ask(t, lab.port);
        assert.equal(lab.log().match(/is refused/g)?.length, 1, 'logged once');
      });
    }

    it(`${way}: the same address is reached where that is allowed`, async (t) => {
      const lab = await startLab(t, '127.0.0.1', LOCAL_IS_FINE, protocol);
      void ask(t, lab.port).catch(() => undefined);
      await eventually(() => assert.ok(lab.seen() > 0, 'lab.seen() > 0'));
    });
  }

  // Names and spellings that the system's resolver takes for loopback.
  for (const host of [
    'localhost',
    'localhost.',
    '127.1',
    '0x7f.1',
    '2130706433',
    '0',
    '::1',
    '::',
  ]) {
    it(`${host} is loopback by another name`, async (t) => {
      const lab = await startLab(t, host, REFUSED);
      const client = await connectRaw(t, lab.port);
      client.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
      await client.until('HTTP/1.1 503');
      assert.equal(lab.seen(), 0);
      await eventually(() => assert.match(lab.log(), /backend not reachable/));
      assert.match(lab.log(), /is (?:loopback|unspecified)|ENOTFOUND|EAI_AGAIN/);
    });
  }
});
