// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { GatewayRef, HeartlineEvent } from '../../shared/events/event.js';
import { loadWire } from '../../shared/proto/wire.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { crdAdmission } from '../../test/support/crd-admission.js';
import {
  sampleBackend,
  sampleGateway,
  samplePolicy,
  sampleRoute,
  toChange,
  toDelete,
} from '../../test/support/sample-objects.js';
import { createMemoryBus } from '../bus/memory-bus.js';
import { compileGateway } from '../compile/compile-gateway.js';
import { createObjectDoor } from '../source/embedded-objects.js';
import type { ObjectChange } from '../source/object-door.js';
import { createMemoryStore } from '../store/memory-store.js';
import type { Store } from '../store/store.js';
import { createReconciler, type ReconcilerOptions } from './reconciler.js';

const wire = loadWire();
const admission = crdAdmission();
const proxy: GatewayRef = { cluster: 'local', namespace: 'httpbin', name: 'agentgateway-proxy' };
const other: GatewayRef = { ...proxy, name: 'other' };
const policy = samplePolicy('httpbin-keepalive', { retries: 3, time: '30s', interval: '5s' });
const slower = samplePolicy('httpbin-keepalive', { retries: 3, time: '60s', interval: '5s' });

interface Harness {
  readonly store: Store;
  readonly compile: ReconcilerOptions['compile'];
}

async function start(t: TestContext, harness: Partial<Harness> = {}) {
  const store = harness.store ?? createMemoryStore('test');
  const clock = manualClock(1_000_000);
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const bus = createMemoryBus({ source: 'control-plane', clock, logger });
  const events: HeartlineEvent[] = [];
  bus.subscribe((event) => events.push(event));
  const compiled: string[] = [];
  const compile: ReconcilerOptions['compile'] = (input) => {
    compiled.push(input.gatewayName.name);
    return (harness.compile ?? compileGateway)(input);
  };
  const encode = wire.resource.encode;
  const reconciler = createReconciler({
    store,
    bus,
    clock,
    logger,
    cluster: 'local',
    compile,
    encode,
  });
  const told: string[] = [];
  reconciler.onChange((gateway) => told.push(gateway.name));
  const randomUuid = (): string => 'uid';
  const door = createObjectDoor({ store, admission, clock, randomUuid });
  t.after(() => reconciler.stop());
  await reconciler.start();
  return {
    store,
    clock,
    lines,
    events,
    compiled,
    told,
    reconciler,
    async apply(...changes: ObjectChange[]) {
      await door.applyObjects({
        caller: { actor: 'alice', reason: 'why not' },
        changes,
        dryRun: false,
        fieldValidation: 'Strict',
      });
      await reconciler.idle();
    },
    label: (gateway = proxy) => reconciler.target(gateway, 'w')?.snapshot.label.split('-')[0],
    names: (gateway = proxy) => [
      ...(reconciler.target(gateway, 'w')?.snapshot.resources.keys() ?? []),
    ],
  };
}

describe('from objects to versions', () => {
  test('nothing at all: ready, and nobody has a target', async (t) => {
    const { reconciler } = await start(t);
    assert.equal(reconciler.ready(), true);
    assert.equal(reconciler.target(proxy, 'w'), undefined);
  });

  test('a gateway, then a policy: two versions with cause, author and reason', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleGateway()));
    await plane.apply(toChange('create', policy));
    const policyName =
      'policy/frontend/httpbin/httpbin-keepalive:frontend-tcp:httpbin/agentgateway-proxy';
    assert.ok(plane.names().includes(policyName));
    assert.equal(plane.label(), '2');
    assert.deepEqual(plane.told, ['agentgateway-proxy', 'agentgateway-proxy']);
    const versions = plane.reconciler.release(proxy)?.versions ?? [];
    assert.deepEqual(
      versions.map(({ author, reason, time }) => [author, reason, time]),
      [
        ['alice', 'why not', 1_000_000],
        ['alice', 'why not', 1_000_000],
      ],
    );
  });

  test('every stage publishes with the sequence of the cause, in order', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleGateway()));
    const key = 'objects/gateway.networking.k8s.io/gateways/httpbin/agentgateway-proxy';
    assert.deepEqual(
      plane.events.map(({ type, cause }) => [type, cause]),
      [
        ['applied', 1],
        ['compiled', 1],
        ['published', 1],
      ],
    );
    const [applied] = plane.events;
    const namespace = 'objects/core/namespaces//httpbin';
    assert.deepEqual(applied?.type === 'applied' && applied.keys, [namespace, key]);
  });

  test('an object written with equal content compiles and publishes nothing', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleGateway()), toChange('create', policy));
    const { length } = plane.told;
    const relabelled = { ...policy, metadata: { ...policy.metadata, labels: { a: 'b' } } };
    await plane.apply(toChange('replace', relabelled));
    assert.equal(plane.label(), '1');
    assert.equal(plane.told.length, length);
  });

  test('A, B, A makes three versions, the third with the content of the first', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleGateway()), toChange('create', policy));
    const first = plane.reconciler.target(proxy, 'w')?.snapshot;
    await plane.apply(toChange('replace', slower));
    await plane.apply(toChange('replace', policy));
    const third = plane.reconciler.target(proxy, 'w')?.snapshot;
    assert.equal(third?.number, 3);
    assert.equal(third?.hash, first?.hash);
    const again = plane.reconciler.byLabel(proxy, first?.label ?? '');
    assert.deepEqual(again?.resources, first?.resources);
    assert.equal(plane.reconciler.byLabel(proxy, '9-00000000'), undefined);
  });

  test('a policy for a gateway that is yet to come is published, and marked so', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', policy));
    assert.equal(plane.names().length, 1);
    assert.equal(plane.reconciler.target(proxy, 'w')?.gatewayExists, false);
    await plane.apply(toChange('create', sampleGateway()));
    assert.equal(plane.reconciler.target(proxy, 'w')?.gatewayExists, true);
    await plane.apply(toDelete(sampleGateway()));
    assert.equal(plane.reconciler.target(proxy, 'w')?.gatewayExists, false);
  });

  test('a gateway of another class does not exist for us, and its listeners hear about it', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleGateway()));
    const foreign = {
      ...sampleGateway(),
      spec: { ...sampleGateway().spec, gatewayClassName: 'istio' },
    };
    await plane.apply(toChange('replace', foreign));
    assert.equal(plane.reconciler.target(proxy, 'w')?.gatewayExists, false);
    assert.equal(plane.told.length, 2);
  });
});

describe('only what a change reaches is compiled', () => {
  const world = [
    sampleGateway(),
    sampleGateway('other'),
    policy,
    samplePolicy('far', { time: '30s' }, 'other'),
    sampleRoute('near-route'),
    sampleRoute('far-route', 'other', 'far-backend'),
    sampleBackend(),
    sampleBackend('far-backend'),
  ].map((object) => toChange('create', object));

  const moved = samplePolicy('httpbin-keepalive', { time: '30s' }, 'other');
  const rows: [string, ObjectChange, string[]][] = [
    ['a policy: its gateway', toChange('replace', slower), ['agentgateway-proxy']],
    [
      'a policy that moves: both gateways',
      toChange('replace', moved),
      ['agentgateway-proxy', 'other'],
    ],
    ['a policy that goes', toDelete(policy), ['agentgateway-proxy']],
    ['a route', toDelete(sampleRoute('far-route')), ['other']],
    ['a backend: the gateways of its routes', toDelete(sampleBackend('far-backend')), ['other']],
    ['a gateway: itself', toChange('replace', sampleGateway('other', [9090])), ['other']],
    ['a backend nobody uses', toChange('create', sampleBackend('idle')), []],
  ];
  for (const [name, change, expected] of rows) {
    test(name, async (t) => {
      const plane = await start(t);
      await plane.apply(...world);
      plane.compiled.length = 0;
      await plane.apply(change);
      assert.deepEqual(plane.compiled.sort(), expected);
    });
  }

  test('a selector is asked again when a gateway comes or changes its labels', async (t) => {
    const plane = await start(t);
    const [ref] = policy.spec.targetRefs;
    const { name: _, ...selector } = ref ?? { name: '' };
    const selecting = {
      ...policy,
      spec: {
        frontend: policy.spec.frontend,
        targetSelectors: [{ ...selector, matchLabels: { a: 'b' } }],
      },
    };
    await plane.apply(toChange('create', selecting), toChange('create', sampleGateway()));
    assert.ok(!plane.names().some((name) => name.startsWith('policy/')));
    const labelled = {
      ...sampleGateway(),
      metadata: { ...sampleGateway().metadata, labels: { a: 'b' } },
    };
    await plane.apply(toChange('replace', labelled));
    assert.ok(plane.names().some((name) => name.startsWith('policy/')));
    assert.equal(plane.label(), '2');
  });

  test('changes that come while one is published merge into one more version', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleGateway()));
    plane.compiled.length = 0;
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => plane.apply(toChange('create', sampleRoute(`r${i}`)))),
    );
    assert.ok(plane.compiled.length <= 3, `${plane.compiled.length} compiles of 10 changes`);
    assert.equal(plane.reconciler.release(proxy)?.head, 1 + plane.compiled.length);
  });
});

describe('after a restart', () => {
  test('versions, numbers and history are there, nothing new is published', async (t) => {
    const store = createMemoryStore('test');
    const before = await start(t, { store });
    await before.apply(toChange('create', sampleGateway()), toChange('create', policy));
    await before.apply(toChange('replace', slower));
    await before.apply(toChange('create', sampleGateway('other')));
    await before.reconciler.stop();
    const seq = store.lastSeq();

    const after = await start(t, { store });
    assert.equal(store.lastSeq(), seq, 'something was written');
    assert.deepEqual(after.told, []);
    for (const gateway of [proxy, other]) {
      assert.deepEqual(after.reconciler.release(gateway), before.reconciler.release(gateway));
      const [old, now] = [before, after].map((plane) => plane.reconciler.target(gateway, 'w'));
      assert.deepEqual(now, old);
    }
    const first = before.reconciler.release(proxy)?.versions[0]?.label ?? '';
    assert.deepEqual(
      after.reconciler.byLabel(proxy, first),
      before.reconciler.byLabel(proxy, first),
    );
  });

  test('a change that was stored and not yet published is published', async (t) => {
    const store = createMemoryStore('test');
    const before = await start(t, { store });
    await before.apply(toChange('create', sampleGateway()));
    await before.reconciler.stop();
    await before.apply(toChange('create', policy));
    const after = await start(t, { store });
    assert.equal(after.label(), '2');
    assert.deepEqual(after.reconciler.release(proxy)?.versions.at(-1)?.author, 'control-plane');
  });

  test('what an interrupted write left behind is removed', async (t) => {
    const store = createMemoryStore('test');
    const key = 'release-content/local/httpbin/agentgateway-proxy/00';
    await store.commit({
      actor: 'reconciler',
      reason: 'r',
      time: 0,
      ops: [{ op: 'put', key, value: '' }],
    });
    await start(t, { store });
    assert.equal(store.get(key), undefined);
  });
});

describe('failures', () => {
  test('a gateway that does not compile keeps its version, others go on, the next change heals', async (t) => {
    let broken = false;
    const plane = await start(t, {
      compile: (input) => {
        if (broken && input.gatewayName.name === proxy.name) throw new Error('a bug');
        return compileGateway(input);
      },
    });
    await plane.apply(
      toChange('create', sampleGateway()),
      toChange('create', sampleGateway('other')),
    );
    broken = true;
    await plane.apply(
      toChange('create', policy),
      toChange('create', samplePolicy('far', { time: '30s' }, 'other')),
    );
    assert.equal(plane.label(), '1');
    assert.equal(plane.label(other), '2');
    assert.match(
      plane.lines.join(''),
      /a gateway was not published, its last version stands.*a bug|a bug/,
    );
    broken = false;
    await plane.apply(toChange('replace', slower));
    assert.equal(plane.label(), '2');
  });

  test('a store without room: the version is shown only when it is stored, and tried again', async (t) => {
    const inner = createMemoryStore('test');
    let full = false;
    const store: Store = {
      ...inner,
      commit: async (draft) => {
        if (full && draft.actor === 'reconciler')
          throw new HeartlineError('STORE_FAILED', 'no space');
        return inner.commit(draft);
      },
    };
    const plane = await start(t, { store });
    await plane.apply(toChange('create', sampleGateway()));
    full = true;
    await plane.apply(toChange('create', policy));
    assert.equal(plane.label(), '1');
    full = false;
    plane.clock.advance(1_000);
    await plane.reconciler.idle();
    assert.equal(plane.label(), '2');
    assert.equal(plane.clock.pending(), 0);
  });

  test('stop leaves no timer', async (t) => {
    const inner = createMemoryStore('test');
    const store: Store = {
      ...inner,
      commit: async (draft) => {
        if (draft.actor === 'reconciler') throw new HeartlineError('STORE_FAILED', 'no space');
        return inner.commit(draft);
      },
    };
    const plane = await start(t, { store });
    await plane.apply(toChange('create', sampleGateway()));
    assert.equal(plane.clock.pending(), 1);
    await plane.reconciler.stop();
    assert.equal(plane.clock.pending(), 0);
  });

  test('a listener that throws does not keep others from hearing', async (t) => {
    const plane = await start(t);
    plane.reconciler.onChange(() => {
      throw new Error('broken stream');
    });
    let heard = 0;
    plane.reconciler.onChange(() => {
      heard += 1;
    });
    await plane.apply(toChange('create', sampleGateway()));
    assert.equal(heard, 1);
    assert.match(plane.lines.join(''), /a listener for new versions failed/);
  });
});
