// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { type DeltaClient, namesOf } from '../../test/support/delta-client.js';
import {
  type DiscoveryStage,
  onDiscoveryStage,
  openDiscoveryStage,
} from '../../test/support/discovery-stage.js';
import { eventually } from '../../test/support/eventually.js';
import { snapshotOf, TEST_GATEWAY, versionOf } from '../../test/support/resource-sets.js';
import { createMemoryStore } from '../store/memory-store.js';
import { REJECTION_PREFIX } from './rejection-record.js';

const AB = { a: '1', b: '1' };
const HELD_B = { b: versionOf('1') };
const DAY_MS = 24 * 3_600_000;

/** Connects a worker of some build, and refuses `a` for the given reason. */
async function refuseA(
  stage: DiscoveryStage,
  reason: string | { readonly [name: string]: string } = { a: 'no such port' },
  metadata: { readonly [name: string]: string } = {},
): Promise<DeltaClient> {
  const client = stage.connect({ metadata });
  client.subscribe();
  client.ack(await client.next());
  client.nack(await client.next(), reason);
  await client.assertQuiet();
  return client;
}

async function leave(stage: DiscoveryStage, client: DeltaClient): Promise<void> {
  const lost = stage.eventsOf('worker-lost').length;
  client.cancel();
  await eventually(
    () =>
      assert.ok(
        stage.eventsOf('worker-lost').length > lost,
        "stage.eventsOf('worker-lost').length > lost",
      ),
    { everyMs: 5 },
  );
}

function stored(stage: DiscoveryStage): number {
  return stage.store.list(REJECTION_PREFIX).entries.length;
}

function withStage(name: string, run: (stage: DiscoveryStage) => Promise<void>): void {
  test(name, () => onDiscoveryStage({}, run));
}

withStage('content that was refused is not sent again on the next stream', async (stage) => {
  stage.source.publish(snapshotOf(AB));
  await leave(stage, await refuseA(stage));
  const again = stage.connect();
  const answer = await again.open(HELD_B);
  assert.deepEqual(namesOf(answer), []);
  await again.assertQuiet();
  // It says so as well: the version is not accepted in full.
  assert.equal(stage.row('node-1')?.state, 'Rejected');
});

withStage('a worker shows what it refused, why and since when', async (stage) => {
  stage.source.publish(snapshotOf(AB));
  const client = await refuseA(stage);
  const sinceMs = stage.clock.wallMs();
  stage.clock.advance(5_000);
  await leave(stage, client);
  await stage.connect().open(HELD_B);
  assert.deepEqual(stage.row('node-1')?.rejected, [
    {
      ...{ typeUrl: RESOURCE_TYPE_URL, resource: 'a', hash: versionOf('1') },
      ...{ message: 'no such port', class: 'invalid', whole: false, held: false, sinceMs },
    },
  ]);
  assert.deepEqual(stage.ledger.counts(), { invalid: 1, environment: 0 });
});

withStage('fixed content is sent like any new one, and clears the entry', async (stage) => {
  stage.source.publish(snapshotOf(AB));
  await leave(stage, await refuseA(stage));
  stage.source.publish(snapshotOf({ a: '2', b: '1' }, 2));
  const again = stage.connect();
  assert.deepEqual(namesOf(await again.open(HELD_B)), ['a']);
  await again.assertQuiet();
  assert.deepEqual(stage.ledger.standing('worker/local/node-1'), []);
  assert.deepEqual(
    stage.eventsOf('rejection-cleared').map(({ resources, worker }) => [worker.nodeId, resources]),
    [['node-1', ['a']]],
  );
  await eventually(() => assert.equal(stored(stage), 0), { everyMs: 5 });
});

withStage('content taken back clears the entry without a word from the worker', async (stage) => {
  stage.source.publish(snapshotOf(AB));
  const client = await refuseA(stage);
  stage.source.publish(snapshotOf({ b: '1' }, 2));
  assert.deepEqual(stage.ledger.standing('worker/local/node-1'), []);
  client.ack(await client.next());
  await client.assertQuiet();
  assert.equal(stage.row('node-1')?.state, 'InSync');
});

withStage('R12 an explicit subscription asks for refused content all the same', async (stage) => {
  stage.source.publish(snapshotOf(AB));
  await leave(stage, await refuseA(stage));
  const again = stage.connect();
  await again.open(HELD_B);
  again.send({ typeUrl: RESOURCE_TYPE_URL, resourceNamesSubscribe: ['a'] });
  const asked = await again.next();
  assert.deepEqual(namesOf(asked), ['a']);
  again.ack(asked);
  await again.assertQuiet();
  assert.deepEqual(stage.ledger.standing('worker/local/node-1'), [], 'it takes it now');
});

withStage('another build is given what the one before refused', async (stage) => {
  stage.source.publish(snapshotOf(AB));
  await leave(stage, await refuseA(stage, { a: 'bad' }, { 'heartline.build': '1.0.0' }));
  const newer = stage.connect({ metadata: { 'heartline.build': '1.0.1' } });
  assert.deepEqual(namesOf(await newer.open(HELD_B)), ['a']);
  assert.equal(stage.row('node-1')?.build, 'heartline/1.0.1');
  await newer.assertQuiet();
  assert.deepEqual(stage.ledger.standing('worker/local/node-1'), []);
});

withStage('a response refused as a whole blames each of its resources', async (stage) => {
  stage.source.publish(snapshotOf(AB));
  await leave(stage, await refuseA(stage, 'plain text, as older proxies write it'));
  const again = stage.connect();
  assert.deepEqual(namesOf(await again.open()), []);
  await again.assertQuiet();
  // One of them changes: the other one may have been innocent.
  stage.source.publish(snapshotOf({ a: '2', b: '1' }, 2));
  assert.deepEqual(namesOf(await again.next()), ['a', 'b']);
});

withStage('a gateway that was deleted takes its refusals along', async (stage) => {
  stage.source.publish(snapshotOf(AB));
  await leave(stage, await refuseA(stage));
  assert.equal(stored(stage), 1);
  stage.source.publish(snapshotOf({}, 2), false);
  await eventually(() => assert.equal(stored(stage), 0), { everyMs: 5 });
});

withStage('a worker gone for a week is forgotten, a live one never', async (stage) => {
  stage.source.publish(snapshotOf(AB));
  const client = await refuseA(stage);
  await stage.answered();
  stage.clock.advance(8 * DAY_MS);
  assert.equal(stage.ledger.standing('worker/local/node-1').length, 1);
  await leave(stage, client);
  stage.clock.advance(7 * DAY_MS - 3_600_000);
  assert.equal(stage.ledger.standing('worker/local/node-1').length, 1);
  stage.clock.advance(2 * 3_600_000);
  assert.equal(stage.ledger.standing('worker/local/node-1').length, 0);
  await eventually(() => assert.equal(stored(stage), 0), { everyMs: 5 });
});

test('refusals survive a restart of the control plane', async () => {
  const store = createMemoryStore('test');
  const first = await openDiscoveryStage({ store });
  first.source.publish(snapshotOf(AB));
  await refuseA(first);
  await first.close();
  const { source } = first;
  await onDiscoveryStage({ store, source }, async (second) => {
    const [known] = second.ledger.standing('worker/local/node-1');
    assert.deepEqual([known?.resource, known?.message], ['a', 'no such port']);
    const again = second.connect();
    assert.deepEqual(namesOf(await again.open(HELD_B)), []);
    await again.assertQuiet();
    assert.equal(second.row('node-1')?.state, 'Rejected');
  });
});

test('a restart forgets refusals of a gateway that was deleted meanwhile', async () => {
  const store = createMemoryStore('test');
  const first = await openDiscoveryStage({ store });
  first.source.publish(snapshotOf(AB));
  await refuseA(first);
  await first.close();
  await onDiscoveryStage({ store }, async (second) => {
    assert.equal(second.source.target(TEST_GATEWAY, ''), undefined);
    assert.deepEqual(second.ledger.standing('worker/local/node-1'), []);
    await eventually(() => assert.equal(stored(second), 0), { everyMs: 5 });
  });
});

withStage('what many workers refuse at once is written in a few transactions', async (stage) => {
  stage.source.publish(snapshotOf(AB));
  const before = stage.store.lastSeq();
  const clients = Array.from({ length: 20 }, (_, index) =>
    stage.connect({ nodeId: `n${index}`, metadata: { 'heartline.build': '1' } }),
  );
  for (const client of clients) {
    client.subscribe();
    client.ack(await client.next());
    client.nack(await client.next(), { a: 'x'.repeat(100_000) });
  }
  await Promise.all(clients.map((client) => client.assertQuiet()));
  await eventually(() => assert.equal(stored(stage), 20), { everyMs: 5 });
  assert.ok(stage.store.lastSeq() - before <= 20);
  for (const { value } of stage.store.list(REJECTION_PREFIX).entries) {
    assert.ok(JSON.stringify(value).length < 2_000, 'the reason was not cut');
  }
});
