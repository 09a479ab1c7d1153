// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { pino } from 'pino';
import type { GatewayRef } from '../../shared/events/event.js';
import { loadWire } from '../../shared/proto/wire.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { sampleService, sampleSlice } from '../../test/support/live-objects.js';
import { kindOf } from '../../test/support/sample-objects.js';
import type { JsonValue, Op } from '../log/transaction.js';
import { objectKey } from '../policy/kinds.js';
import { createMemoryStore } from '../store/memory-store.js';
import { createListenerJoiner } from './joined-listeners.js';
import { createLivePart } from './live-part.js';

const wire = loadWire();
const A: GatewayRef = { cluster: 'local', namespace: 'httpbin', name: 'a' };
const B: GatewayRef = { ...A, name: 'b' };
const APP = 'httpbin/app.httpbin.svc.cluster.local';
const WORKLOAD = 'local/discovery.k8s.io/EndpointSlice/httpbin/app';

function start(t: TestContext) {
  const store = createMemoryStore('test');
  const clock = manualClock(1_000_000);
  const live = createLivePart({
    ...{ store, clock, cluster: 'local', encode: wire.address.encode },
    logger: pino({ level: 'silent' }),
    joiner: createListenerJoiner({ ...wire.resource, digest: () => '' }),
  });
  t.after(() => live.stop());
  const told: string[] = [];
  live.onChange(
    ({ name }, types) => void told.push(`${name} ${types.map((url) => url.split('.').at(-1))}`),
  );
  const write = (
    object: { kind: string; metadata: { namespace: string; name: string; labels?: object } },
    verb: 'put' | 'delete' = 'put',
  ) => {
    const key = objectKey(kindOf(object.kind), object.metadata.namespace, object.metadata.name);
    const op: Op =
      verb === 'put' ? { op: verb, key, value: object as unknown as JsonValue } : { op: verb, key };
    return store.commit({ actor: 'test', reason: '', time: 0, ops: [op] });
  };
  const names = (gateway: GatewayRef): string[] =>
    [...live.addresses(gateway).resources.keys()].map((name) => name.replace(WORKLOAD, ''));
  const takeTold = (): string[] => told.splice(0);
  return { store, clock, live, write, names, takeTold };
}

describe('the live part', () => {
  it('gives a gateway the Services it uses, from what was stored before and after the start', async (t) => {
    const { live, write, names, takeTold } = start(t);
    await write(sampleService('app'));
    await write(sampleSlice('app', 'one', ['10.0.0.1']));
    await write(sampleService('unused'));
    live.start();
    live.use(A, [APP]);
    assert.deepEqual(names(A), [APP, '/10.0.0.1']);
    assert.deepEqual(names(B), []);
    assert.deepEqual(takeTold(), ['a Address']);
    await write(sampleSlice('app', 'two', ['10.0.0.2']));
    assert.deepEqual(names(A), [APP, '/10.0.0.1', '/10.0.0.2']);
    assert.deepEqual(takeTold(), ['a Address']);
  });

  it('tells nobody about what changes nothing, and only those who use what changes', async (t) => {
    const { live, write, names, takeTold } = start(t);
    live.start();
    await write(sampleService('app'));
    await write(sampleSlice('app', 'one', ['10.0.0.1']));
    live.use(A, [APP]);
    live.use(B, []);
    takeTold();
    const before = live.addresses(A);
    const slice = sampleSlice('app', 'one', ['10.0.0.1']);
    await write({
      ...slice,
      metadata: { ...slice.metadata, labels: { ...slice.metadata.labels, team: 'x' } },
    });
    await write(sampleSlice('other', 'one-of-other', ['10.0.0.9']));
    assert.deepEqual(takeTold(), []);
    assert.equal(live.addresses(A), before);
    await write(slice, 'delete');
    assert.deepEqual(takeTold(), ['a Address']);
    assert.deepEqual(names(A), [APP]);
    await write(sampleService('app'), 'delete');
    assert.deepEqual(names(A), []);
  });

  it('a slice that moves to another Service leaves the one it had', async (t) => {
    const { live, write, names } = start(t);
    live.start();
    await write(sampleService('app'));
    live.use(A, [APP]);
    await write(sampleSlice('app', 'one', ['10.0.0.1']));
    await write(sampleSlice('other', 'one', ['10.0.0.1']));
    assert.deepEqual(names(A), [APP]);
  });

  it('a Service that is not used any more stays until workers have the new routes', async (t) => {
    const { clock, live, write, names, takeTold } = start(t);
    live.start();
    await write(sampleService('app'));
    live.use(A, [APP]);
    takeTold();
    live.use(A, []);
    assert.deepEqual([names(A), takeTold()], [[APP], []]);
    clock.advance(29_999);
    live.use(A, []);
    assert.deepEqual(names(A), [APP]);
    clock.advance(1);
    assert.deepEqual([names(A), takeTold()], [[], ['a Address']]);
  });

  it('one that is used again before that stays for good', async (t) => {
    const { clock, live, write, names } = start(t);
    live.start();
    await write(sampleService('app'));
    live.use(A, [APP]);
    live.use(A, []);
    live.use(A, [APP]);
    clock.advance(60_000);
    assert.deepEqual(names(A), [APP]);
  });
});
