// SPDX-License-Identifier: Apache-2.0
// What went wrong in the control planes of others, each as a test of ours: project and issue number are in its name.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.js';
import { type DiscoveryServer, startDiscoveryServer } from '../support/discovery-server.js';
import { eventually } from '../support/eventually.js';
import { liveBytes } from '../support/live-bytes.js';
import { snapshotOf } from '../support/resource-sets.js';
import { sampleGateway, samplePolicy } from '../support/sample-objects.js';
import { connectPeer, type Peer } from './peer.js';
import { SERVICES, type Service } from './rules.js';

const AB = { a: 'a1', b: 'b1' };
const WORKERS = '/apis/fleet.heartline.dev/v1alpha1/workers';

/** One test for each protocol, with a server of its own. */
function failure(name: string, run: (server: DiscoveryServer, service: Service) => Promise<void>) {
  for (const service of SERVICES) {
    test(`${name}, ${service}`, async () => {
      const server = await startDiscoveryServer();
      try {
        await run(server, service);
      } finally {
        await server.stop();
      }
    });
  }
}

function failureOfAll(
  name: string,
  run: (plane: TestControlPlane, service: Service) => Promise<void>,
) {
  for (const service of SERVICES) {
    test(`${name}, ${service}`, async () => {
      const plane = await startTestControlPlane();
      try {
        await run(plane, service);
      } finally {
        await plane.remove();
      }
    });
  }
}

async function accept(peer: Peer): Promise<readonly string[]> {
  const answer = await peer.next();
  answer.ack();
  return answer.texts;
}

const verdictsOf = (server: DiscoveryServer): string[] =>
  server.events.flatMap((event) => {
    if (event.type !== 'accepted' && event.type !== 'rejected') return [];
    if (event.typeUrl !== RESOURCE_TYPE_URL) return [];
    const problems = event.type === 'rejected' ? event.problems : [];
    return [[event.type, ...problems.map((p) => `${p.resource}: ${p.message}`)].join(' ')];
  });

for (const service of SERVICES) {
  test(`empty snapshot after a restart (istio #25495), ${service}`, async () => {
    const first = await startTestControlPlane({ storeKind: 'lmdb' });
    const { dataDir } = first;
    try {
      await first.apply(sampleGateway());
      await first.untilVersion(1);
      const peer = connectPeer(service, first);
      peer.ask();
      assert.equal((await accept(peer)).length, 2);
      const kept = peer.kept();
      await first.stop();
      const second = await startTestControlPlane({ storeKind: 'lmdb', dataDir });
      try {
        const again = connectPeer(service, second);
        again.ask(kept);
        if (service === 'delta') {
          const answer = await again.next();
          assert.deepEqual([answer.texts, answer.removed], [[], []]);
          answer.ack();
        }
        await again.assertQuiet();
        await second.apply(samplePolicy('keep', { time: '9s' }));
        assert.ok((await accept(again)).length >= 1);
      } finally {
        await second.stop();
      }
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
}

failure('no answer from a state that is not read yet (istio #25495)', async (server, service) => {
  server.source.publish(snapshotOf(AB));
  const peer = connectPeer(service, server);
  peer.ask();
  await accept(peer);
  const kept = peer.kept();
  peer.cancel();
  await peer.status;
  server.source.setReady(false);
  const early = connectPeer(service, server);
  early.ask(kept);
  assert.equal((await early.status).code, status.UNAVAILABLE);
  assert.equal(early.countResponses(), 0);
  server.source.setReady(true);
  const late = connectPeer(service, server);
  late.ask(kept);
  if (service === 'delta') assert.deepEqual(await accept(late), []);
  await late.assertQuiet();
});

failure('a NACK starts no loop (go-control-plane #46)', async (server, service) => {
  server.source.publish(snapshotOf(AB));
  const peer = connectPeer(service, server);
  peer.ask();
  const changes = 10;
  for (let number = 2; number <= changes + 1; number += 1) {
    (await peer.next()).nack(number % 2 === 0 ? 'no' : { a: 'no' });
    await peer.assertQuiet();
    server.source.publish(snapshotOf({ a: `a${number}`, b: 'b1' }, number));
  }
  (await peer.next()).nack('no');
  await peer.assertQuiet();
  assert.equal(peer.countResponses(), changes + 1);
});

failure('recovery after the bad content is fixed (kgateway #14264)', async (server, service) => {
  server.source.publish(snapshotOf(AB));
  const peer = connectPeer(service, server);
  peer.ask();
  await accept(peer);
  server.source.publish(snapshotOf({ a: 'bad', b: 'b1' }, 2));
  (await peer.next()).nack({ a: 'no such port' });
  await peer.assertQuiet();
  server.source.publish(snapshotOf({ a: 'good', b: 'b1' }, 3));
  assert.ok((await accept(peer)).includes('good'));
  await peer.assertQuiet();
  assert.deepEqual(verdictsOf(server), ['accepted', 'rejected a: no such port', 'accepted']);
});

failure('recovery to the content before the bad one (kgateway #14264)', async (server, service) => {
  server.source.publish(snapshotOf(AB));
  const peer = connectPeer(service, server);
  peer.ask();
  await accept(peer);
  server.source.publish(snapshotOf({ a: 'bad', b: 'b1' }, 2));
  (await peer.next()).nack('something is wrong');
  await peer.assertQuiet();
  server.source.publish(snapshotOf(AB, 3));
  await accept(peer);
  await peer.assertQuiet();
  assert.equal(verdictsOf(server).at(-1), 'accepted');
});

failureOfAll('a NACK is visible to users (envoy gateway #9198)', async (plane, service) => {
  await plane.apply(sampleGateway());
  await plane.untilVersion(1);
  const peer = connectPeer(service, plane);
  peer.ask();
  (await peer.next()).nack('port 8080 is taken');
  await eventually(async () => {
    const { body } = await plane.get(WORKERS);
    const [worker] = (body as { items: { status: { state: string; problems: object[] } }[] }).items;
    assert.equal(worker?.status.state, 'Rejected');
    assert.match(JSON.stringify(worker.status.problems), /port 8080 is taken/);
  });
});

failure(
  'a type is served again after NACK and reconnect (envoy #34334)',
  async (server, service) => {
    server.source.publish(snapshotOf(AB));
    const first = connectPeer(service, server);
    first.ask();
    await accept(first);
    server.source.publish(snapshotOf({ a: 'bad', b: 'b1' }, 2));
    (await first.next()).nack({ a: 'no' });
    await first.assertQuiet();
    const kept = first.kept();
    first.cancel();
    await first.status;
    // The client asks for another type first, and for this one only later.
    const raw = service === 'delta' ? server.connect() : server.connectSotw();
    raw.send({ typeUrl: ADDRESS_TYPE_URL });
    raw.ack((await raw.next()) as never);
    raw.cancel();
    await raw.status;
    const again = connectPeer(service, server);
    again.ask(kept);
    // Answered, and not with what it refused: that is on record for the worker, whatever its stream.
    assert.deepEqual(await accept(again), service === 'delta' ? [] : ['a1', 'b1']);
    server.source.publish(snapshotOf({ a: 'good', b: 'b1' }, 3));
    assert.ok((await accept(again)).includes('good'));
  },
);

failure('a stale nonce on a new stream (envoy #15767)', async (server, service) => {
  server.source.publish(snapshotOf(AB));
  const first = connectPeer(service, server);
  first.ask();
  await accept(first);
  const { nonce } = first.kept();
  first.cancel();
  await first.status;
  const again = connectPeer(service, server);
  again.ask({ versions: {}, versionInfo: '', nonce });
  again.ask({ versions: {}, versionInfo: '', nonce });
  assert.deepEqual(await accept(again), ['a1', 'b1']);
  server.source.publish(snapshotOf({ a: 'a2', b: 'b1' }, 2));
  assert.ok((await accept(again)).includes('a2'));
});

failure('a slow stream holds up nobody (go-control-plane #503, #875)', async (server, service) => {
  const big = (number: number) => `${number} `.padEnd(200_000, 'x');
  server.source.publish(snapshotOf({ a: big(1) }));
  const slow = connectPeer(service, server, { nodeId: 'slow' });
  slow.ask();
  await accept(slow);
  slow.pause();
  const silent = connectPeer(service, server, { nodeId: 'silent' });
  silent.ask();
  const unanswered = await silent.next();
  const quick = connectPeer(service, server, { nodeId: 'quick' });
  quick.ask();
  await accept(quick);
  for (let number = 2; number <= 30; number += 1) {
    server.source.publish(snapshotOf({ a: big(number) }, number));
    assert.deepEqual(await accept(quick), [big(number)]);
  }
  slow.resume();
  assert.deepEqual(await accept(slow), [big(2)]);
  assert.deepEqual(await accept(slow), [big(30)]);
  unanswered.ack();
  assert.deepEqual(await accept(silent), [big(30)]);
});

failure(
  'a herd of reconnects is sent what it missed and no more (istio #35263)',
  async (server, service) => {
    const contents = Object.fromEntries(
      Array.from({ length: 500 }, (_, at) => [`r${at}`, `content of ${at}`]),
    );
    server.source.publish(snapshotOf(contents));
    const open = async (nodeId: string, kept?: ReturnType<Peer['kept']>): Promise<Peer> => {
      const peer = connectPeer(service, server, { nodeId });
      peer.ask(kept);
      if (kept === undefined) await accept(peer);
      return peer;
    };
    const ids = Array.from({ length: 100 }, (_, at) => `node-${at}`);
    const herd = await Promise.all(ids.map((id) => open(id)));
    const [kept] = herd.map((peer) => peer.kept());
    for (const peer of herd) peer.cancel();
    await Promise.all(herd.map((peer) => peer.status));
    server.events.length = 0;
    const again = await Promise.all(ids.map((id) => open(id, kept)));
    await Promise.all(again.map((peer) => (service === 'delta' ? accept(peer) : undefined)));
    await Promise.all(again.map((peer) => peer.assertQuiet()));
    const sent = server.events.flatMap((event) =>
      event.type === 'sent' && event.typeUrl === RESOURCE_TYPE_URL ? [event.resources] : [],
    );
    assert.deepEqual(sent, service === 'delta' ? ids.map(() => 0) : []);
  },
);

failureOfAll(
  'config that comes later is in effect without a restart (istio #58686)',
  async (plane, service) => {
    const peer = connectPeer(service, plane);
    peer.ask();
    assert.deepEqual(await accept(peer), []);
    await plane.apply(samplePolicy('keep', { time: '9s' }));
    assert.equal((await accept(peer)).length, 1);
    await plane.apply(sampleGateway());
    assert.ok((await accept(peer)).length >= 2);
    await plane.apply(samplePolicy('keep', { time: '10s' }));
    assert.ok((await accept(peer)).length >= 1);
  },
);

failure('an ACK hides nothing that is still refused (envoy #35675)', async (server, service) => {
  server.source.publish(snapshotOf(AB));
  const peer = connectPeer(service, server);
  peer.ask();
  (await peer.next()).nack({ a: 'no such port' });
  await peer.assertQuiet();
  for (let number = 2; number <= 4; number += 1) {
    server.source.publish(snapshotOf({ a: 'a1', b: `b${number}` }, number));
    assert.deepEqual(await accept(peer), [`b${number}`]);
  }
  server.source.publish(snapshotOf({ a: 'a5', b: 'b4' }, 5));
  assert.ok((await accept(peer)).includes('a5'));
  await peer.assertQuiet();
  const refused = new Array<string>(4).fill('rejected a: no such port');
  assert.deepEqual(verdictsOf(server), [...refused, 'accepted']);
});

failure(
  'nothing is kept of a stream that is gone (go-control-plane #597)',
  async (server, service) => {
    server.source.publish(snapshotOf(AB));
    const names = Array.from({ length: 5_000 }, (_, at) => `a name that is long enough ${at}`);
    const visit = async (nodeId: string): Promise<void> => {
      const options = { nodeId };
      const client = service === 'delta' ? server.connect(options) : server.connectSotw(options);
      client.send({
        typeUrl: RESOURCE_TYPE_URL,
        resourceNamesSubscribe: names,
        resourceNames: names,
      });
      await client.next();
      client.cancel();
      await client.status;
    };
    await visit('warm');
    server.forgetClients();
    const before = liveBytes();
    for (let round = 0; round < 30; round += 1) await visit(`node-${round}`);
    server.forgetClients();
    await eventually(() => {
      const lost = server.types().filter((type) => type === 'worker-lost').length;
      assert.equal(lost, 31);
    });
    // One such stream holds about a megabyte.
    await eventually(() => assert.ok(liveBytes() - before < 8_000_000, `${liveBytes() - before}`));
  },
);
