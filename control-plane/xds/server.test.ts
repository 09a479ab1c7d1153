// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { eventId } from '../../shared/events/event-id.js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { loadPackageDefinition } from '../../shared/proto/package-definition.js';
import { systemClock } from '../../shared/time/system-clock.js';
import { namesOf } from '../../test/support/delta-client.js';
import type { DiscoveryClientOptions } from '../../test/support/discovery-client.js';
import {
  API_TOKEN,
  BOUND_TOKEN,
  type DiscoveryServer,
  startDiscoveryServer,
  WORKER_TOKEN,
} from '../../test/support/discovery-server.js';
import { eventually } from '../../test/support/eventually.js';
import { snapshotOf, versionOf } from '../../test/support/resource-sets.js';
import { createAuthenticator } from '../auth/authenticate.js';
import { startRpcServer } from './server.js';

const AB = { a: '1', b: '1' };

/** A server of its own for each test. */
function withServer(name: string, run: (server: DiscoveryServer) => Promise<void>): void {
  test(name, async () => {
    const server = await startDiscoveryServer();
    try {
      await run(server);
    } finally {
      await server.stop();
    }
  });
}

describe('who may open a stream', () => {
  let server: DiscoveryServer;
  before(async () => {
    server = await startDiscoveryServer();
  });
  after(() => server.stop());

  const refused: readonly [
    name: string,
    options: Partial<DiscoveryClientOptions>,
    code: status,
    details: RegExp,
  ][] = [
    [
      'a wrong token',
      { token: 'wrong' },
      status.UNAUTHENTICATED,
      /does not open this.*worker\.token/,
    ],
    ['an API token', { token: API_TOKEN }, status.UNAUTHENTICATED, /does not open this/],
    ['no bearer', { token: '' }, status.UNAUTHENTICATED, /no bearer token/],
    [
      'another cluster',
      { headers: { clusterid: 'far' } },
      status.PERMISSION_DENIED,
      /cluster "far"/,
    ],
    [
      'another gateway than the bound one',
      { token: BOUND_TOKEN, role: 'other~gw' },
      status.PERMISSION_DENIED,
      /may not read gateway other\/gw/,
    ],
    [
      'no gateway',
      { role: '', metadata: { NAMESPACE: 'x' } },
      status.INVALID_ARGUMENT,
      /names no gateway/,
    ],
    ['no node id', { nodeId: '' }, status.INVALID_ARGUMENT, /node\.id/],
    ['a method that does not exist', { method: 'Nothing' }, status.UNIMPLEMENTED, /Nothing/],
  ];
  for (const [name, options, code, details] of refused) {
    test(`refused: ${name}`, async () => {
      const client = server.connect(options);
      client.subscribe();
      const end = await client.status;
      assert.equal(end.code, code);
      assert.match(end.details, details);
    });
  }

  const accepted: readonly [name: string, options: Partial<DiscoveryClientOptions>][] = [
    [
      'the cluster the proxy sends when nobody configured one',
      { headers: { clusterid: 'Kubernetes' } },
    ],
    ['the bound cluster', { headers: { clusterid: 'local' } }],
    ['the bound gateway', { token: BOUND_TOKEN }],
    [
      'a gateway by its two older names',
      { role: '', metadata: { NAMESPACE: 'httpbin', GATEWAY_NAME: 'gw' } },
    ],
  ];
  for (const [name, options] of accepted) {
    test(`served: ${name}`, async () => {
      const client = server.connect({ nodeId: name, ...options });
      await client.open();
    });
  }
});

withServer('both types are answered at once, empty where there is nothing', async (server) => {
  server.source.publish(snapshotOf(AB));
  const client = server.connect();
  client.subscribe();
  const [address, resources] = [await client.next(), await client.next()];
  assert.equal(address.typeUrl, ADDRESS_TYPE_URL);
  assert.deepEqual(namesOf(address), []);
  assert.deepEqual(namesOf(resources), ['a', 'b']);
  assert.equal(resources.systemVersionInfo, snapshotOf(AB).label);
  assert.equal(resources.controlPlane?.identifier, 'control-plane-under-test');
  const [first] = resources.resources;
  assert.equal(first?.version, versionOf('1'));
  assert.equal(first?.resource?.type_url, RESOURCE_TYPE_URL);
  assert.equal(String(first?.resource?.value), '1');
});

withServer('a gateway nobody knows is answered too, and nothing is removed', async (server) => {
  const client = server.connect();
  const answer = await client.open({ a: versionOf('1') });
  assert.deepEqual(namesOf(answer), []);
  server.source.publish(snapshotOf({ b: '1' }), false);
  assert.deepEqual(namesOf(await client.next()), ['b']);
});

withServer('a type nobody knows is answered empty and disturbs nothing', async (server) => {
  server.source.publish(snapshotOf(AB));
  const client = server.connect();
  client.send({ typeUrl: 'type.googleapis.com/unknown.Type' });
  assert.deepEqual(namesOf(await client.next()), []);
  assert.deepEqual(namesOf(await client.open()), ['a', 'b']);
});

withServer('one changed resource is one response with one resource', async (server) => {
  server.source.publish(snapshotOf(AB));
  const client = server.connect();
  await client.open();
  await client.assertQuiet();
  server.source.publish(snapshotOf({ a: '1', b: '2' }, 2));
  const update = await client.next();
  assert.deepEqual(namesOf(update), ['b']);
  client.ack(update);
  await client.assertQuiet();
});

withServer('an equal apply and another gateway are no response', async (server) => {
  server.source.publish(snapshotOf(AB));
  const client = server.connect();
  await client.open();
  server.source.publish(snapshotOf(AB));
  server.source.publish(
    snapshotOf({ z: '1' }, 1, { cluster: 'local', namespace: 'httpbin', name: 'b' }),
  );
  await client.assertQuiet();
});

withServer('a refused resource is not sent again on its stream, its fix is', async (server) => {
  server.source.publish(snapshotOf(AB));
  const client = server.connect();
  client.subscribe();
  client.ack(await client.next());
  client.nack(await client.next(), { a: 'no such port' });
  await client.assertQuiet();
  server.source.publish(snapshotOf({ a: '1', b: '2' }, 2));
  const other = await client.next();
  assert.deepEqual(namesOf(other), ['b']);
  client.ack(other);
  server.source.publish(snapshotOf({ a: '2', b: '2' }, 3));
  const fixed = await client.next();
  assert.deepEqual(namesOf(fixed), ['a']);
  client.ack(fixed);
  await client.assertQuiet();
  const outcomes = server.events.flatMap((event) =>
    (event.type === 'accepted' || event.type === 'rejected') && event.typeUrl === RESOURCE_TYPE_URL
      ? [[event.type, event.label.split('-')[0], event.type === 'rejected' ? event.problems : []]]
      : [],
  );
  const problems = [{ resource: 'a', message: 'no such port' }];
  assert.deepEqual(outcomes, [
    ['rejected', '1', problems],
    ['rejected', '2', problems],
    ['accepted', '3', []],
  ]);
});

withServer('newer targets replace each other while a response is out', async (server) => {
  server.source.publish(snapshotOf(AB));
  const client = server.connect();
  client.subscribe();
  client.ack(await client.next());
  const first = await client.next();
  for (let number = 2; number <= 50; number += 1) {
    server.source.publish(snapshotOf({ a: String(number), b: '1' }, number));
  }
  await client.assertQuiet();
  client.ack(first);
  const newest = await client.next();
  assert.equal(newest.systemVersionInfo, snapshotOf({ a: '50', b: '1' }, 50).label);
  assert.deepEqual(namesOf(newest), ['a']);
  client.ack(newest);
  await client.assertQuiet();
});

withServer('a reconnect that missed nothing gets one empty response per type', async (server) => {
  server.source.publish(snapshotOf(AB));
  const first = server.connect();
  await first.open();
  first.cancel();
  await first.status;
  const again = server.connect();
  const answer = await again.open({ a: versionOf('1'), b: versionOf('1') });
  assert.deepEqual(namesOf(answer), []);
  await again.assertQuiet();
  assert.equal(again.received.length, 2);
});

withServer('the same change is the same bytes but for the nonce', async (server) => {
  server.source.publish(snapshotOf(AB));
  const clients = ['w1', 'w2', 'w3'].map((nodeId) => server.connect({ nodeId }));
  for (const client of clients) await client.open();
  server.source.publish(snapshotOf({ a: '2', b: '1' }, 2));
  const updates = await Promise.all(clients.map((client) => client.next()));
  assert.equal(new Set(updates.map((update) => update.nonce)).size, 3);
  for (const update of updates) {
    assert.deepEqual({ ...update, nonce: '' }, { ...updates[0], nonce: '' });
  }
});

withServer('the newer stream of a worker replaces the older one', async (server) => {
  server.source.publish(snapshotOf(AB));
  const older = server.connect();
  await older.open();
  const newer = server.connect();
  await newer.open();
  const end = await older.status;
  assert.equal(end.code, status.ALREADY_EXISTS);
  assert.match(end.details, /newer stream of worker "node-1"/);
  const about = server.types().filter((type) => type.startsWith('worker-'));
  assert.deepEqual(about, ['worker-connected', 'worker-lost', 'worker-connected']);
  server.source.publish(snapshotOf({ a: '2', b: '1' }, 2));
  assert.deepEqual(namesOf(await newer.next()), ['a']);
});

withServer('garbage ends its own stream and no other', async (server) => {
  server.source.publish(snapshotOf(AB));
  const good = server.connect({ nodeId: 'good' });
  await good.open();
  const bad = server.connect({ nodeId: 'bad' });
  await bad.open();
  bad.sendBytes(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  const end = await bad.status;
  assert.equal(end.code, status.INVALID_ARGUMENT);
  assert.match(end.details, /DeltaDiscoveryRequest/);
  const first = server.connect({ nodeId: 'never' });
  first.sendBytes(Buffer.alloc(64, 0xff));
  assert.equal((await first.status).code, status.INVALID_ARGUMENT);
  server.source.publish(snapshotOf({ a: '2', b: '1' }, 2));
  assert.deepEqual(namesOf(await good.next()), ['a']);
});

withServer('nobody is served before the state is read', async (server) => {
  server.source.setReady(false);
  const early = server.connect();
  const end = await early.status;
  assert.equal(end.code, status.UNAVAILABLE);
  server.source.setReady(true);
  await server.connect().open();
});

withServer('events tell connected, sent, accepted and lost, with their cause', async (server) => {
  server.source.publish(snapshotOf(AB));
  const { gateway, hash } = snapshotOf(AB);
  const label = snapshotOf(AB).label;
  server.bus.publish({ type: 'published', gateway, label, hash }, { cause: 7 });
  const client = server.connect();
  await client.open();
  await client.assertQuiet();
  client.cancel();
  await client.status;
  await eventually(
    () =>
      assert.ok(server.types().includes('worker-lost'), "server.types().includes('worker-lost')"),
    { everyMs: 5 },
  );
  const ofWorker = server.events.filter(
    (event) => 'worker' in event && event.worker.nodeId === 'node-1',
  );
  const about = ofWorker.filter(
    (event) => !('typeUrl' in event) || event.typeUrl === RESOURCE_TYPE_URL,
  );
  assert.deepEqual(
    about.map((event) => [event.type, event.cause]),
    [
      ['worker-connected', 0],
      ['sent', 7],
      ['accepted', 7],
      ['worker-lost', 0],
    ],
  );
  assert.equal(new Set(ofWorker.map(eventId)).size, ofWorker.length);
});

describe('beside discovery', () => {
  let server: DiscoveryServer;
  let channel: Client;
  before(async () => {
    server = await startDiscoveryServer();
    channel = new Client(server.target, credentials.createInsecure());
  });
  after(async () => {
    channel.close();
    await server.stop();
  });

  test('health answers without a token', async () => {
    const answer = await new Promise<Buffer>((resolve, reject) => {
      channel.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.alloc(0),
        (error, value) => (error === null && value ? resolve(value) : reject(error)),
      );
    });
    // HealthCheckResponse.status (field 1) = SERVING (1).
    assert.deepEqual([...answer], [8, 1]);
  });

  /** ServerReflectionRequest.list_services (field 7) = "". */
  const listServices = (token: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const metadata = new Metadata();
      metadata.set('authorization', `Bearer ${token}`);
      const call = channel.makeBidiStreamRequest(
        '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes.toString('latin1'),
        metadata,
      );
      call.on('data', resolve);
      call.on('error', reject);
      call.write(Buffer.from([0x3a, 0]));
      call.end();
    });

  test('reflection answers an API token', async () => {
    assert.match(await listServices(API_TOKEN), /envoy\.service\.discovery\.v3\.Aggregated/);
  });

  test('reflection answers nobody else', async () => {
    await assert.rejects(listServices(WORKER_TOKEN), { code: status.UNAUTHENTICATED });
  });
});

/** Forwards bytes until it is told to swallow them: a peer that is gone without a word. */
async function startRelay(port: number) {
  let isFrozen = false;
  const sockets: Socket[] = [];
  const relay = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    sockets.push(client, upstream);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (bytes) => isFrozen || to.write(bytes));
      // Its other end was reset, which is what the test is about.
      from.on('error', () => undefined);
    }
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return {
    port: (relay.address() as AddressInfo).port,
    freeze: () => {
      isFrozen = true;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      relay.close();
    },
  };
}

test('a worker that vanished without a word is noticed by our own keepalive', async () => {
  const server = await startDiscoveryServer({ keepalive: { timeMs: 50, timeoutMs: 200 } });
  const relay = await startRelay(server.server.address.port);
  try {
    const client = server.connect({ target: `127.0.0.1:${relay.port}` });
    await client.open();
    relay.freeze();
    await eventually(
      () =>
        assert.ok(server.types().includes('worker-lost'), "server.types().includes('worker-lost')"),
      { everyMs: 5 },
    );
  } finally {
    relay.close();
    await server.stop();
  }
});

const noise: readonly [name: string, bytes: Buffer][] = [
  ['an HTTP/1 request', Buffer.from('GET /config_dump HTTP/1.1\r\nhost: x\r\n\r\n')],
  ['a TLS hello', Buffer.from('160301020001000001fc0303', 'hex')],
  ['zeros', Buffer.alloc(4096)],
  [
    'an HTTP/2 preface and nothing that follows',
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nxxxxx'),
  ],
];
for (const [name, bytes] of noise) {
  withServer(`${name} on the port disturbs nobody`, async (server) => {
    server.source.publish(snapshotOf(AB));
    const worker = server.connect();
    await worker.open();
    const socket = connect(server.server.address.port, '127.0.0.1');
    // A reset is as good an end as any.
    socket.on('error', () => undefined);
    socket.end(bytes);
    socket.resume();
    await once(socket, 'close');
    server.source.publish(snapshotOf({ a: '2', b: '1' }, 2));
    assert.deepEqual(namesOf(await worker.next()), ['a']);
  });
}

test('a stop ends every stream with a reason to come back', async () => {
  const server = await startDiscoveryServer();
  const client = server.connect();
  await client.open();
  await server.server.stop();
  const end = await client.status;
  assert.equal(end.code, status.UNAVAILABLE);
  assert.match(end.details, /shutting down/);
  client.close();
});

test('a busy port is named', async () => {
  const server = await startDiscoveryServer();
  const second = startRpcServer({
    address: server.server.address,
    services: [],
    authenticate: createAuthenticator([]),
    packageDefinition: loadPackageDefinition(),
    clock: systemClock(),
  });
  await assert.rejects(second, (error: Error & { code?: string }) => {
    assert.equal(error.code, 'ADDRESS_IN_USE');
    assert.match(error.message, new RegExp(`127.0.0.1:${server.server.address.port}`));
    return true;
  });
  await server.stop();
});
