// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { HeartlineEvent } from '../../shared/events/event.js';
import type { Hello } from '../../shared/proto/gen/heartline/fleet/v1/Hello.js';
import { loadPackageDefinition } from '../../shared/proto/package-definition.js';
import { loadWire } from '../../shared/proto/wire.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { systemClock } from '../../shared/time/system-clock.js';
import { eventually } from '../../test/support/eventually.js';
import { FleetClient } from '../../test/support/fleet-client.js';
import { handMadeSource } from '../../test/support/hand-made-source.js';
import { TEST_GATEWAY } from '../../test/support/resource-sets.js';
import { createAuthenticator } from '../auth/authenticate.js';
import { createMemoryBus } from '../bus/memory-bus.js';
import { createTunnelBroker } from '../port-forward/tunnel-broker.js';
import { startRpcServer } from '../xds/server.js';
import { createFleetService } from './fleet-service.js';
import { createFleetRegistry } from './registry.js';
import { openReportSession, takeReport } from './report-session.js';
import { workerRef } from './worker-key.js';

const wire = loadWire();
const packageDefinition = loadPackageDefinition();
const TOKEN = 'worker-token-0123456789';
const worker = workerRef('worker', TEST_GATEWAY, 'node-1');

async function startServer() {
  const clock = manualClock();
  const logger = createLogger({ name: 'test', level: 'silent' });
  const bus = createMemoryBus({ source: 'test', clock, logger });
  const registry = createFleetRegistry({
    ...{ bus, clock },
    source: handMadeSource(),
    ledger: { standing: () => [] },
  });
  const events: HeartlineEvent[] = [];
  bus.subscribe((event) => events.push(event));
  const identity = {
    name: 'worker',
    audience: 'worker',
    cluster: 'local',
    gateways: 'all',
  } as const;
  const authenticate = createAuthenticator([{ token: TOKEN, identity }]);
  let sessions = 0;
  const service = createFleetService({
    tunnels: createTunnelBroker(),
    ...{ bus, wire, authenticate, logger, clock, registry },
    instance: 'control-plane-under-test',
    newSessionId: () => {
      sessions += 1;
      return `f${sessions}`;
    },
  });
  const server = await startRpcServer({
    ...{ authenticate, packageDefinition, clock: systemClock() },
    address: { host: '127.0.0.1', port: 0 },
    services: [service],
  });
  const clients: FleetClient[] = [];
  return {
    ...{ clock, events, registry },
    open(token = TOKEN): FleetClient {
      const client = new FleetClient(wire, `127.0.0.1:${server.address.port}`, token);
      clients.push(client);
      return client;
    },
    connectXds: () =>
      bus.publish({
        ...{ type: 'worker-connected', worker, address: '127.0.0.1:1', build: '' },
        pod: { namespace: 'pods', name: 'worker-0' },
      }),
    reports: () => events.filter((event) => event.type === 'in-force'),
    async stop() {
      for (const client of clients) client.close();
      await server.stop();
    },
  };
}

type Server = Awaited<ReturnType<typeof startServer>>;

function withServer(name: string, run: (server: Server) => Promise<void>): void {
  test(name, async () => {
    const server = await startServer();
    try {
      await run(server);
    } finally {
      await server.stop();
    }
  });
}

withServer('reports of a connected worker become events', async (server) => {
  server.connectXds();
  const client = server.open();
  const welcome = await client.hello();
  assert.deepEqual(welcome, { sessionId: 'f1', controlPlane: 'control-plane-under-test' });
  client.report({
    ...{ sessionId: 'f1', sequence: 1, version: '3-abc', inForce: true, inForceSinceUnixMs: 9 },
    ...{ connectionsOpen: 7, connectionsInForce: 7, newOnly: 1 },
    listeners: [{ bindKey: '80/httpbin/gw', error: 'bind 0.0.0.0:80: EACCES' }, { bindKey: 'b' }],
  });
  await eventually(() => assert.equal(server.reports().length, 1), { everyMs: 5 });
  const [event] = server.reports();
  assert.ok(event?.type === 'in-force');
  assert.deepEqual([event.label, event.inForce, event.sinceMs], ['3-abc', true, 9]);
  assert.deepEqual([event.counts.open, event.counts.inForce, event.counts.newOnly], [7, 7, 1]);
  assert.deepEqual(event.listenerErrors, [
    { resource: 'bind/80/httpbin/gw', message: 'bind 0.0.0.0:80: EACCES' },
  ]);
  assert.equal(server.registry.views()[0]?.counts?.open, 7);
});

withServer(
  'what a worker says about where it runs is shown; what is no address is not',
  async (server) => {
    server.connectXds();
    const place = {
      nodeName: 'Machine-1',
      adminPort: 15000,
      statsPort: 15020,
      readinessPort: 15021,
    };
    const rows: readonly [hello: Hello, shown: object][] = [
      [
        { ...place, podIp: '10.0.0.7', startedAtUnixMs: 5 },
        { nodeName: 'machine-1', podIp: '10.0.0.7', startedAtMs: 5 },
      ],
      [
        { ...place, podIp: 'evil.example', nodeName: '../x' },
        { nodeName: '', podIp: '', startedAtMs: 0 },
      ],
    ];
    for (const [hello, shown] of rows) {
      await server.open().hello(hello);
      const ports = { admin: 15000, stats: 15020, readiness: 15021 };
      assert.deepEqual(server.registry.views()[0]?.place, { ...shown, ports });
    }
  },
);

withServer('drift is an event when it grows', async (server) => {
  server.connectXds();
  const client = server.open();
  const { sessionId = '' } = await client.hello();
  [3, 3, 5, 5, 9].forEach((drifted, index) => {
    client.report({ sessionId, sequence: index + 1, version: `${index}-a`, drifted });
  });
  await eventually(() => assert.equal(server.reports().length, 5), { everyMs: 5 });
  const grown = server.events.flatMap((event) => (event.type === 'drifted' ? event.sockets : []));
  assert.deepEqual(grown, [2, 4]);
});

withServer('a report that comes before the xDS stream waits for it', async (server) => {
  const client = server.open();
  const { sessionId = '' } = await client.hello();
  client.report({ sessionId, sequence: 1, version: '1-a' });
  client.report({ sessionId, sequence: 2, version: '2-b' });
  // The answer to garbage shows that both reports were read.
  client.sendBytes(Buffer.alloc(8, 0xff));
  await client.status;
  assert.equal(server.reports().length, 0);

  const again = server.open();
  const welcome = await again.hello();
  again.report({ sessionId: welcome.sessionId ?? '', sequence: 1, version: '3-c' });
  await eventually(
    () => {
      server.connectXds();
      assert.deepEqual(
        server.reports().map((event) => event.type === 'in-force' && event.label),
        ['3-c'],
      );
    },
    { everyMs: 5 },
  );
});

withServer('the newer stream of a worker replaces the older one', async (server) => {
  server.connectXds();
  const older = server.open();
  await older.hello();
  const newer = server.open();
  await newer.hello();
  assert.equal((await older.status).code, status.ALREADY_EXISTS);
  newer.report({ sessionId: 'f2', sequence: 1, version: '1-a' });
  await eventually(() => assert.equal(server.reports().length, 1), { everyMs: 5 });
});

describe('what ends a stream', () => {
  const rows: readonly [
    name: string,
    play: (client: FleetClient, server: Server) => Promise<void> | void,
    code: status,
    details: RegExp,
  ][] = [
    [
      'garbage',
      (c) => c.sendBytes(Buffer.alloc(8, 0xff)),
      status.INVALID_ARGUMENT,
      /WorkerMessage/,
    ],
    [
      'a report before Hello',
      (c) => c.report({ sequence: 1 }),
      status.INVALID_ARGUMENT,
      /before Hello/,
    ],
    ['Hello without a node id', (c) => c.send({ hello: {} }), status.INVALID_ARGUMENT, /node_id/],
    [
      'a second Hello',
      async (c) => {
        await c.hello();
        c.send({ hello: { nodeId: 'x' } });
      },
      status.INVALID_ARGUMENT,
      /second Hello/,
    ],
    [
      'another gateway than the xDS stream has',
      (c, server) => {
        server.connectXds();
        void c.hello({ gatewayName: 'other' }).catch(() => undefined);
      },
      status.INVALID_ARGUMENT,
      /says gateway httpbin\/other, but its xDS stream is about httpbin\/gw/,
    ],
    [
      'another cluster than the token has',
      (c) => void c.hello({ cluster: 'far' }).catch(() => undefined),
      status.PERMISSION_DENIED,
      /cluster "far"/,
    ],
  ];
  for (const [name, play, code, details] of rows) {
    withServer(name, async (server) => {
      const client = server.open();
      await play(client, server);
      const end = await client.status;
      assert.equal(end.code, code);
      assert.match(end.details, details);
    });
  }

  withServer('a wrong token', async (server) => {
    const end = await server.open('wrong').status;
    assert.equal(end.code, status.UNAUTHENTICATED);
  });
});

describe('a report', () => {
  const session = openReportSession('s', worker);
  const report = { sessionId: 's', sequence: 5, version: '1-a', listeners: [] };
  const first = takeReport(session, report, 0);
  const rows: readonly [
    name: string,
    change: Partial<typeof report>,
    atMs: number,
    told: boolean,
  ][] = [
    ['that repeats itself is no news', { sequence: 6 }, 24_999, false],
    ['that repeats itself after a while is a sign of life', { sequence: 6 }, 25_000, true],
    ['that changed is news', { sequence: 6, version: '2-b' }, 1, true],
    ['that is late is ignored', { sequence: 5, version: '2-b' }, 1, false],
    ['of another stream is ignored', { sequence: 6, sessionId: 'old', version: '2-b' }, 1, false],
  ];
  test('that is the first is news', () => assert.equal(first.tell?.label, '1-a'));
  for (const [name, change, atMs, told] of rows) {
    test(name, () => {
      const step = takeReport(first.session, { ...report, ...change }, atMs);
      assert.equal(step.tell !== undefined, told);
    });
  }
});
