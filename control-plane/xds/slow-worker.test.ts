// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { namesOf } from '../../test/support/delta-client.js';
import { type DiscoveryStage, onDiscoveryStage } from '../../test/support/discovery-stage.js';
import { eventually } from '../../test/support/eventually.js';
import { snapshotOf, versionOf } from '../../test/support/resource-sets.js';

const AB = { a: '1', b: '1' };

function withStage(name: string, run: (stage: DiscoveryStage) => Promise<void>): void {
  test(name, () => onDiscoveryStage({}, run));
}

withStage(
  '5 s without an answer: what is newer is sent, and the worker is stuck',
  async (stage) => {
    stage.source.publish(snapshotOf(AB));
    const client = stage.connect();
    client.subscribe();
    client.ack(await client.next());
    const unanswered = await client.next();
    assert.deepEqual(namesOf(unanswered), ['a', 'b']);
    stage.source.publish(snapshotOf({ a: '2' }, 2));
    await client.assertQuiet();
    stage.clock.advance(4_000);
    assert.equal(stage.row('node-1')?.state, 'Connected');
    await client.assertQuiet();
    stage.clock.advance(1_000);
    const newest = await client.next();
    // The client may have taken b or not: it is told that b is gone.
    assert.deepEqual(namesOf(newest), ['a', '-b']);
    assert.equal(stage.row('node-1')?.state, 'Stuck');
    client.ack(unanswered);
    await client.assertQuiet();
    assert.equal(stage.row('node-1')?.state, 'Stuck', 'the answer to the older one is stale');
    client.ack(newest);
    await client.assertQuiet();
    assert.equal(stage.row('node-1')?.state, 'InSync');
    assert.equal(stage.eventsOf('stuck').length, 1);
  },
);

withStage('without anything newer nothing is sent twice', async (stage) => {
  stage.source.publish(snapshotOf(AB));
  const client = stage.connect();
  client.subscribe();
  client.ack(await client.next());
  const out = await client.next();
  await client.assertQuiet();
  await stage.answered(1);
  stage.clock.advance(20_000);
  await client.assertQuiet();
  assert.equal(stage.row('node-1')?.state, 'Stuck');
  client.ack(out);
  await client.assertQuiet();
  assert.equal(stage.row('node-1')?.state, 'InSync');
  assert.equal(stage.eventsOf('stuck').length, 1, 'told once');
});

withStage('30 s without an answer: cancelled by name, and then it may come back', async (stage) => {
  stage.source.publish(snapshotOf(AB));
  const client = stage.connect();
  client.subscribe();
  client.ack(await client.next());
  await client.next();
  await client.assertQuiet();
  await stage.answered(1);
  stage.clock.advance(29_000);
  await client.assertQuiet();
  await stage.answered(1);
  stage.clock.advance(1_000);
  const end = await client.status;
  assert.equal(end.code, status.DEADLINE_EXCEEDED);
  assert.match(end.details, /"node-1" did not answer a response of .*Resource for 30 s/);
  await eventually(() => assert.equal(stage.row('node-1')?.state, 'Lost'), { everyMs: 5 });
  const again = stage.connect();
  const answer = await again.open({ a: versionOf('1') });
  assert.deepEqual(namesOf(answer), ['b']);
});
