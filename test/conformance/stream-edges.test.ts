// SPDX-License-Identifier: Apache-2.0
// Where the rules end: types and names nobody knows, fields nobody reads, more than one stream may ask for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { namesOf } from '../support/delta-client.js';
import { type DiscoveryServer, startDiscoveryServer } from '../support/discovery-server.js';
import { handMadeSets } from '../support/hand-made-sets.js';
import { snapshotOf } from '../support/resource-sets.js';
import { SotwClient, textsOf } from '../support/sotw-client.js';
import { connectPeer } from './peer.js';
import { SERVICES, type Service } from './rules.js';

const typeUrl = RESOURCE_TYPE_URL;
const UNKNOWN = 'type.googleapis.com/nobody.knows.This';
const LISTENER = 'type.googleapis.com/envoy.config.listener.v3.Listener';
const AB = { a: 'a1', b: 'b1' };

function withServer(name: string, run: (server: DiscoveryServer) => Promise<void>): void {
  test(name, async () => {
    const server = await startDiscoveryServer();
    try {
      server.source.publish(snapshotOf(AB));
      await run(server);
    } finally {
      await server.stop();
    }
  });
}

/** A stream of either protocol that sends whatever fields are given; each reads its own. */
const connectRaw = (server: DiscoveryServer, service: Service) =>
  service === 'delta' ? server.connect() : server.connectSotw();

const manyNames = (count: number): string[] => Array.from({ length: count }, (_, at) => `n${at}`);

withServer('delta: an unknown type is answered empty, its names as removed', async (server) => {
  const client = server.connect();
  client.send({ typeUrl: UNKNOWN });
  const empty = await client.next();
  assert.deepEqual([empty.typeUrl, namesOf(empty)], [UNKNOWN, []]);
  client.ack(empty);
  client.send({ typeUrl: UNKNOWN, resourceNamesSubscribe: ['x'] });
  assert.deepEqual(namesOf(await client.next()), ['-x']);
  client.send({ typeUrl });
  assert.deepEqual(namesOf(await client.next()), ['a', 'b']);
});

withServer('delta: what was kept of an unknown type is not taken away', async (server) => {
  const client = server.connect();
  client.send({ typeUrl: LISTENER, initialResourceVersions: { of: 'another server' } });
  assert.deepEqual(namesOf(await client.next()), []);
});

withServer('sotw: an unknown type is answered empty, and so is every new name', async (server) => {
  const client = server.connectSotw();
  assert.deepEqual(textsOf(await client.open([], UNKNOWN)), []);
  assert.deepEqual(textsOf(await client.open(['x'], UNKNOWN)), []);
  assert.deepEqual(textsOf(await client.open([])), ['a1', 'b1']);
});

withServer(
  'sotw: listeners of another server are not deleted by an empty response, new clients are answered',
  async (server) => {
    const kept = server.connectSotw({ nodeId: 'kept' });
    kept.subscribe([], LISTENER, 'version of another server');
    await kept.assertQuiet();
    const fresh = server.connectSotw({ nodeId: 'fresh' });
    assert.deepEqual(textsOf(await fresh.open([], LISTENER)), []);
  },
);

for (const service of SERVICES) {
  test(`${service}: a type that comes to be is sent to those who asked for it before`, async () => {
    const sets = handMadeSets();
    const server = await startDiscoveryServer({ sets });
    try {
      const client = service === 'delta' ? server.connect() : server.connectSotw();
      if (client instanceof SotwClient) {
        await client.open(['x'], UNKNOWN);
      } else {
        client.send({ typeUrl: UNKNOWN, resourceNamesSubscribe: ['x'] });
        client.ack(await client.next());
      }
      await client.assertQuiet();
      sets.put(UNKNOWN, { x: Buffer.from('at last'), y: Buffer.from('nobody asked') });
      const response = await client.next();
      assert.equal(response.resources.length, 1);
      assert.match(JSON.stringify(response.resources[0]), /"type_url":".*nobody\.knows\.This"/);
    } finally {
      await server.stop();
    }
  });

  withServer(`${service}: sixteen types are served, the next ends the stream`, async (server) => {
    const client = connectRaw(server, service);
    for (let at = 0; at < 16; at += 1) {
      client.send({ typeUrl: `${UNKNOWN}${at}` });
      await client.next();
    }
    client.send({ typeUrl: `${UNKNOWN}16` });
    const end = await client.status;
    assert.equal(end.code, status.RESOURCE_EXHAUSTED);
    assert.match(end.details, /more than 16 resource types; .*This16 is one too many/);
  });

  withServer(`${service}: 100,000 names are served, one more ends the stream`, async (server) => {
    const client = connectRaw(server, service);
    const names = manyNames(99_999);
    const ask = (list: string[]): void =>
      client.send({ typeUrl, resourceNames: list, resourceNamesSubscribe: list });
    ask([...names, 'a']);
    const answer = await client.next();
    assert.equal(answer.resources.length, 1);
    ask([...names, 'a', 'b']);
    const end = await client.status;
    assert.equal(end.code, status.RESOURCE_EXHAUSTED);
    assert.match(end.details, /more than 100000 names of .*Resource/);
  });

  withServer(`${service}: the stream that ends for its size ends alone`, async (server) => {
    const good = connectPeer(service, server, { nodeId: 'good' });
    good.ask();
    (await good.next()).ack();
    const greedy = connectRaw(server, service);
    const names = manyNames(100_001);
    greedy.send({ typeUrl, resourceNames: names, resourceNamesSubscribe: names });
    assert.equal((await greedy.status).code, status.RESOURCE_EXHAUSTED);
    server.source.publish(snapshotOf({ a: 'a2', b: 'b1' }, 2));
    assert.ok((await good.next()).texts.includes('a2'));
  });

  withServer(`${service}: resource locators and their parameters are not read`, async (server) => {
    const locator = { name: 'a', dynamicParameters: { colour: 'blue' } };
    const located = { resourceLocators: [locator], resourceLocatorsSubscribe: [locator] };
    const alone = connectRaw(server, service);
    alone.send({ typeUrl, ...located });
    assert.equal((await alone.next()).resources.length, 2);
    alone.cancel();
    await alone.status;
    const beside = connectRaw(server, service);
    beside.send({ typeUrl, resourceNames: ['b'], resourceNamesSubscribe: ['b'], ...located });
    assert.match(String((await beside.next()).resources.length), /^1$/);
  });

  withServer(
    `${service}: an xdstp name is one like any other and does not exist`,
    async (server) => {
      const client = connectRaw(server, service);
      const names = ['xdstp://here/agentgateway.dev.resource.Resource/a', 'xdstp://here/x/*', 'a'];
      client.send({ typeUrl, resourceNames: names, resourceNamesSubscribe: names });
      const answer = await client.next();
      assert.equal(answer.resources.length, 1);
      const removed = 'removedResources' in answer ? answer.removedResources : names.slice(0, 2);
      assert.deepEqual(removed, names.slice(0, 2));
    },
  );
}
