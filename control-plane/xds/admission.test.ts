// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { test } from 'node:test';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { fillBucket, waitForTokenMs } from '../../shared/time/token-bucket.js';
import { namesOf } from '../../test/support/delta-client.js';
import { type DiscoveryStage, onDiscoveryStage } from '../../test/support/discovery-stage.js';
import { eventually } from '../../test/support/eventually.js';
import { snapshotOf, versionOf } from '../../test/support/resource-sets.js';

const AB = { a: '1', b: '1' };
const HELD = { a: versionOf('1'), b: versionOf('1') };
/** Headers and nothing else, by HTTP/2 itself: what a gRPC client would hide. */
function openRawStream({ target, token }: DiscoveryStage) {
  const session = connect(`http://${target}`);
  session.on('error', () => undefined);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: `Bearer ${token}`,
  });
  stream.on('error', () => undefined);
  return { session, stream };
}

const RATE = { perSecond: 10, burst: 2 };

test('a bucket fills at its rate, up to its burst', () => {
  const empty = { tokens: 0, atMs: 1_000 };
  assert.equal(waitForTokenMs(empty, RATE), 100);
  assert.equal(waitForTokenMs(fillBucket(empty, RATE, 1_060), RATE), 40);
  assert.equal(waitForTokenMs(fillBucket(empty, RATE, 1_100), RATE), 0);
  assert.equal(fillBucket(empty, RATE, 60_000).tokens, 2);
});

test('streams beyond the burst wait for their turn, first come, first served', () =>
  onDiscoveryStage({ admission: { rate: RATE } }, async (stage) => {
    stage.source.publish(snapshotOf(AB));
    // One connection carries its streams in the order they were opened.
    const channel = new Client(stage.target, credentials.createInsecure());
    const clients = [0, 1, 2, 3, 4].map((number) =>
      stage.connect({ nodeId: `n${number}`, channel }),
    );
    for (const client of clients) client.subscribe();
    const connected = (): string[] =>
      stage.eventsOf('worker-connected').map(({ worker }) => worker.nodeId);
    await eventually(() => assert.deepEqual(connected(), ['n0', 'n1']), { everyMs: 5 });
    // Those who are in are served meanwhile.
    const [first] = clients;
    assert.ok(first !== undefined);
    for (const _ of [1, 2]) first.ack(await first.next());
    stage.source.publish(snapshotOf({ a: '2', b: '1' }, 2));
    assert.deepEqual(namesOf(await first.next()), ['a']);
    assert.deepEqual(connected(), ['n0', 'n1']);
    stage.clock.advance(100);
    await eventually(() => assert.deepEqual(connected(), ['n0', 'n1', 'n2']), { everyMs: 5 });
    clients[3]?.cancel();
    await clients[3]?.status;
    await first.assertQuiet();
    stage.clock.advance(100);
    await eventually(() => assert.deepEqual(connected(), ['n0', 'n1', 'n2', 'n4']), { everyMs: 5 });
  }));

test('beyond the queue: refused at once, with a spread hint when to come back', () =>
  onDiscoveryStage(
    { admission: { rate: { perSecond: 1, burst: 1 }, maxWaiting: 1 } },
    async (stage) => {
      const hints = new Set<string>();
      stage.connect({ nodeId: 'in' }).subscribe();
      await eventually(() => assert.equal(stage.eventsOf('worker-connected').length, 1));
      stage.connect({ nodeId: 'waits' }).subscribe();
      const channel = new Client(stage.target, credentials.createInsecure(), {
        'grpc.enable_retries': 0,
      });
      const metadata = new Metadata();
      metadata.set('authorization', `Bearer ${stage.token}`);
      const same = (bytes: Buffer): Buffer => bytes;
      const path =
        '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
      try {
        await eventually(async () => {
          const call = channel.makeBidiStreamRequest(path, same, same, metadata);
          call.on('error', () => undefined);
          call.resume();
          const end = await new Promise<{ code: number; details: string; metadata: Metadata }>(
            (resolve) => {
              call.on('status', resolve);
            },
          );
          assert.equal(end.code, status.UNAVAILABLE);
          assert.match(end.details, /1 workers wait to be let in already; try again in \d+ ms/);
          const hint = Number(end.metadata.get('grpc-retry-pushback-ms')[0]);
          assert.ok(hint >= 1_000 && hint <= 5_000, `hint ${hint}`);
          hints.add(String(hint));
          assert.ok(hints.size > 1, 'everybody is told the same time');
        });
      } finally {
        channel.close();
      }
    },
  ));

test('a stream that never says who it is ends by name', () =>
  onDiscoveryStage({}, async (stage) => {
    const { session, stream } = openRawStream(stage);
    const headers = new Promise<IncomingHttpHeaders>((resolve) => stream.once('response', resolve));
    let isEnded = false;
    void headers.then(() => {
      isEnded = true;
    });
    await eventually(
      () => {
        stage.clock.advance(1_000);
        assert.ok(isEnded, 'isEnded');
      },
      { everyMs: 10 },
    );
    const end = await headers;
    assert.equal(Number(end['grpc-status']), status.DEADLINE_EXCEEDED);
    assert.match(decodeURI(String(end['grpc-message'])), /no request within 10 s/);
    assert.deepEqual(stage.registry.views(), []);
    session.destroy();
  }));

test('an old stream is asked to come again: politely, one by one, and nothing is resent', () =>
  onDiscoveryStage({ admission: { maxAgeMs: 100_000 } }, async (stage) => {
    stage.source.publish(snapshotOf(AB));
    const clients = Array.from({ length: 40 }, (_, number) =>
      stage.connect({ nodeId: `n${number}` }),
    );
    await Promise.all(clients.map((client) => client.open()));
    await stage.answered();
    stage.clock.advance(109_000);
    await clients[0]?.assertQuiet();
    await stage.answered();
    assert.equal(stage.eventsOf('worker-lost').length, 0);
    stage.clock.advance(11_000);
    await eventually(
      () =>
        assert.ok(
          stage.eventsOf('worker-lost').length > 0,
          "stage.eventsOf('worker-lost').length > 0",
        ),
      { everyMs: 5 },
    );
    await stage.connect({ nodeId: 'fence' }).open();
    const early = stage.eventsOf('worker-lost').length;
    assert.ok(early < 40, 'all of them at once');
    await stage.answered();
    stage.clock.advance(10_000);
    const ends = await Promise.all(clients.map((client) => client.status));
    for (const { code, details } of ends) {
      assert.equal(code, status.UNAVAILABLE);
      assert.match(details, /received prior goaway/);
    }
    const again = stage.connect({ nodeId: 'n7' });
    assert.deepEqual(namesOf(await again.open(HELD)), []);
    await again.assertQuiet();
  }));

test('a connection that is old gets a GOAWAY before its streams are ended', () =>
  onDiscoveryStage({ maxConnectionAgeMs: 50 }, async (stage) => {
    const { session, stream } = openRawStream(stage);
    const code = await new Promise<number>((resolve) => session.once('goaway', resolve));
    assert.equal(code, constants.NGHTTP2_NO_ERROR);
    assert.equal(stream.closed, false, 'the stream goes on');
    stream.close(constants.NGHTTP2_CANCEL);
    session.destroy();
  }));
