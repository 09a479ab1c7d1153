// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { describe, it } from 'node:test';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { namesOf } from '../support/delta-client.js';
import { onDiscoveryStage } from '../support/discovery-stage.js';
import { eventually } from '../support/eventually.js';
import { snapshotOf, versionOf } from '../support/resource-sets.js';

const HERD = 400;
const MEGABYTE = 1024 * 1024;
const PATH = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';

/** Twenty resources of five kilobytes: enough to see when each stream keeps bytes of its own. */
const contents = (salt: string): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: 20 }, (_, number) => [`r${10 + number}`, salt + 'x'.repeat(5_000)]),
  );

function usedBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('a herd', () => {
  it('of hundreds that come back at once is in sync, and nothing is sent twice', () =>
    onDiscoveryStage({ admission: { rate: { perSecond: 1_000, burst: 50 } } }, async (stage) => {
      const wanted = snapshotOf(contents('1'));
      stage.source.publish(wanted);
      const held = Object.fromEntries(
        [...wanted.resources.values()].map(({ name, hash }) => [name, hash]),
      );
      const before = usedBytes();
      const clients = Array.from({ length: HERD }, (_, number) =>
        stage.connect({ nodeId: `n${number}` }),
      );
      const opened = Promise.all(clients.map((client) => client.open(held)));
      const pump = eventually(
        () => {
          stage.clock.advance(5);
          assert.equal(stage.eventsOf('worker-connected').length, HERD);
        },
        { everyMs: 1 },
      );
      const answers = await opened;
      await pump;
      for (const answer of answers) assert.deepEqual(namesOf(answer), []);
      await stage.answered();
      const states = stage.registry.views().map(({ state }) => state);
      assert.deepEqual([states.length, [...new Set(states)]], [HERD, ['InSync']]);
      // 150 kB a worker for both ends of its stream, in one process; a copy of the contents each would be 40 MB more.
      const grown = usedBytes() - before;
      assert.ok(grown < HERD * 0.3 * MEGABYTE, `${(grown / MEGABYTE).toFixed(1)} MB`);
      stage.source.publish(snapshotOf({ ...contents('1'), r10: 'new' }, 2));
      for (const client of clients) assert.deepEqual(namesOf(await client.next()), ['r10']);
    }));
});

describe('a client that stops reading', () => {
  it('gets no second response, costs one, disturbs nobody, and is reset after 30 s', () =>
    onDiscoveryStage({}, async (stage) => {
      stage.source.publish(snapshotOf(contents('0')));
      const session = connect(`http://${stage.target}`);
      const stream = session.request({
        ':method': 'POST',
        ':path': PATH,
        'content-type': 'application/grpc',
        te: 'trailers',
        authorization: `Bearer ${stage.token}`,
      });
      stream.on('error', () => undefined);
      const fields = { role: { stringValue: 'httpbin~gw' } };
      const node = { id: 'deaf', metadata: { fields } };
      const bytes = stage.wire.deltaRequest.encode({ node, typeUrl: RESOURCE_TYPE_URL });
      const head = Buffer.alloc(5);
      head.writeUInt32BE(bytes.length, 1);
      stream.write(Buffer.concat([head, bytes]));
      await eventually(() =>
        assert.ok(stage.row('deaf') !== undefined, "stage.row('deaf') !== undefined"),
      );
      const other = stage.connect({ nodeId: 'other' });
      await other.open();
      await stage.answered(1);
      const before = usedBytes();
      for (let second = 1; second < 30; second += 1) {
        const version = snapshotOf(contents(String(second)), second + 1);
        stage.source.publish(version);
        const update = await other.next();
        assert.equal(update.resources[0]?.version, versionOf(String(second) + 'x'.repeat(5_000)));
        other.ack(update);
        await stage.answered(1);
        stage.clock.advance(1_000);
      }
      assert.equal(stage.row('deaf')?.state, 'Stuck');
      const sent = stage.eventsOf('sent').filter(({ worker }) => worker.nodeId === 'deaf');
      assert.equal(sent.length, 1, 'more was written than the client reads');
      const grown = usedBytes() - before;
      // Thirty versions of 100 kB: kept by the test's own client, on both sides of its stream.
      assert.ok(grown < 32 * MEGABYTE, `${(grown / MEGABYTE).toFixed(1)} MB`);
      const closed = once(stream, 'close');
      stage.clock.advance(1_000);
      await eventually(() => assert.equal(stage.row('deaf')?.state, 'Lost'));
      stage.clock.advance(1_000);
      await closed;
      session.destroy();
      assert.equal(stage.row('other')?.state, 'InSync');
    }));
});
