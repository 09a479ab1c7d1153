// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { GatewayRef, WorkerRef } from '../../shared/events/event.js';
import { loadWire } from '../../shared/proto/wire.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { crdAdmission } from '../../test/support/crd-admission.js';
import {
  kindOf,
  sampleBackend,
  sampleGateway,
  samplePolicy,
  toChange,
  toDelete,
} from '../../test/support/sample-objects.js';
import { createMemoryBus } from '../bus/memory-bus.js';
import { compileGateway } from '../compile/compile-gateway.js';
import type { GatewayFacts } from '../compile/gateway-facts.js';
import { objectStatuses } from '../compile/status.js';
import type { Transaction } from '../log/transaction.js';
import { statusKey } from '../policy/kinds.js';
import type { Condition } from '../policy/kube-object.js';
import { createObjectDoor } from '../source/embedded-objects.js';
import type { ObjectChange } from '../source/object-door.js';
import { createMemoryStore } from '../store/memory-store.js';
import type { Store } from '../store/store.js';
import { createReconciler } from './reconciler.js';
import { createStatusWriter } from './status-writer.js';

const wire = loadWire();
const admission = crdAdmission();
const gateway: GatewayRef = { cluster: 'local', namespace: 'httpbin', name: 'agentgateway-proxy' };
const worker: WorkerRef = { key: 'local/w', nodeId: 'w', gateway };
const policyKind = kindOf('AgentgatewayPolicy');
const policy = samplePolicy('httpbin-keepalive', { retries: 3, time: '30s', interval: '5s' });
const slower = samplePolicy('httpbin-keepalive', { retries: 3, time: '60s', interval: '5s' });
const nobody: GatewayFacts = {
  desiredLabel: '1-aaaaaaaa',
  liveWorkers: 0,
  inForceWorkers: 0,
  notReportedWorkers: 0,
  rejected: [],
  listenerErrors: [],
};

/** Everything that is due runs: a flush is a few promises and immediates, never time. */
async function turns(): Promise<void> {
  for (let i = 0; i < 30; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

interface PolicyStatus {
  readonly ancestors: readonly { readonly conditions: readonly Condition[] }[];
  readonly conditions: readonly Condition[];
  readonly inForce: string;
}

interface Harness {
  readonly store: Store;
  readonly compile: typeof compileGateway;
}

async function start(t: TestContext, harness: Partial<Harness> = {}) {
  const { compile = compileGateway, store = createMemoryStore('test') } = harness;
  const clock = manualClock(Date.parse('2026-11-22T13:00:00Z'));
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const bus = createMemoryBus({ source: 'control-plane', clock, logger });
  const reconciler = createReconciler({
    store,
    bus,
    clock,
    logger,
    cluster: 'local',
    compile: (input) => compile(input),
    encode: wire.resource.encode,
  });
  const fleet = { facts: nobody };
  /** Runs between the end of all publications and the moment objects are read for their status. */
  const between = { run: async (): Promise<void> => {} };
  const writer = createStatusWriter({
    store,
    bus,
    clock,
    logger,
    cluster: 'local',
    reconciler: {
      index: reconciler.index,
      isPublished: (one) => reconciler.isPublished(one),
      async idle() {
        await reconciler.idle();
        await between.run();
      },
    },
    fleetFacts: () => fleet.facts,
    statuses: objectStatuses,
  });
  const door = createObjectDoor({ store, admission, clock, randomUuid: () => 'uid' });
  const statusWrites: Transaction[] = [];
  store.watch(store.lastSeq(), (transaction) => {
    if (transaction.actor === 'status-writer') statusWrites.push(transaction);
  });
  t.after(async () => {
    await writer.stop();
    await reconciler.stop();
    assert.equal(clock.pending(), 0, 'a timer is left');
  });
  await reconciler.start();
  writer.start();
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await turns();
  };
  return {
    store,
    door,
    clock,
    lines,
    reconciler,
    statusWrites,
    between,
    pass,
    async apply(...changes: ObjectChange[]) {
      const caller = { actor: 'alice', reason: 'r' };
      await door.applyObjects({ caller, changes, dryRun: false, fieldValidation: 'Strict' });
      await pass(20);
    },
    async report(facts: Partial<GatewayFacts>, waitMs = 20) {
      fleet.facts = { ...nobody, ...facts };
      bus.publish({ type: 'worker-lost', worker, reason: 'test' });
      await pass(waitMs);
    },
    async connect(facts: Partial<GatewayFacts>) {
      fleet.facts = { ...nobody, ...facts };
      const pod = { namespace: 'pods', name: 'w' };
      bus.publish({ type: 'worker-connected', worker, pod, address: '', build: '' });
      await pass(20);
    },
    status: (name = 'httpbin-keepalive') =>
      door.get(policyKind, 'httpbin', name)?.status as PolicyStatus | undefined,
    condition(type: string, name = 'httpbin-keepalive'): string | undefined {
      const found = this.status(name)?.ancestors[0]?.conditions.find((one) => one.type === type);
      return found && `${found.status} ${found.reason}`;
    },
  };
}

describe('status writer', () => {
  test('a policy gets its conditions, after the version, without a new generation or version', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleGateway()), toChange('create', policy));
    assert.equal(plane.condition('Accepted'), 'True Valid');
    assert.equal(plane.condition('InForce'), 'False NoWorkers');
    assert.equal(
      plane.door.get(policyKind, 'httpbin', 'httpbin-keepalive')?.metadata.generation,
      1,
    );
    assert.equal(plane.reconciler.release(gateway)?.head, 1);
    assert.equal(plane.statusWrites.length, 1, 'one transaction for all statuses');
    const [write] = plane.statusWrites;
    assert.ok(write !== undefined && write.seq > 2, 'the release was stored first');
  });

  test('an equal status is not written again', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleGateway()), toChange('create', policy));
    await plane.report({});
    await plane.pass(60_000);
    assert.equal(plane.statusWrites.length, 1);
  });

  test('an object that reaches no gateway has a status too', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleBackend()));
    const backend = plane.door.get(kindOf('AgentgatewayBackend'), 'httpbin', 'httpbin');
    assert.ok(backend?.status !== undefined);
  });

  test('the loser of a conflict is judged by the whole gateway, and wins when the winner goes', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleGateway()), toChange('create', policy));
    plane.clock.advance(5_000);
    await plane.apply(toChange('create', samplePolicy('later', { time: '60s' })));
    assert.equal(plane.condition('Accepted', 'later'), 'False Conflicted');
    await plane.apply(toDelete(policy));
    assert.equal(plane.condition('Accepted', 'later'), 'True Valid');
  });

  test('a transition is written at once, counts at most once a second', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleGateway()), toChange('create', policy));
    await plane.report({ liveWorkers: 5, inForceWorkers: 1 });
    assert.equal(plane.condition('InForce'), 'False RollingOut');
    const { length } = plane.statusWrites;
    await plane.report({ liveWorkers: 5, inForceWorkers: 2 });
    await plane.report({ liveWorkers: 5, inForceWorkers: 3 });
    assert.equal(plane.statusWrites.length, length, 'counts were written early');
    await plane.pass(1_000);
    await plane.pass(20);
    assert.equal(plane.statusWrites.length, length + 1);
    assert.match(JSON.stringify(plane.statusWrites.at(-1)?.ops), /3 of 5 workers/);
    await plane.report({ liveWorkers: 5, inForceWorkers: 5 });
    assert.equal(plane.condition('InForce'), 'True InForce');
  });

  test('workers that run the version before say nothing about a generation that is not published', async (t) => {
    const memory = createMemoryStore('test');
    let publishing = Promise.resolve();
    const store: Store = {
      ...memory,
      async commit(draft) {
        if (draft.actor === 'reconciler') await publishing;
        return memory.commit(draft);
      },
    };
    const plane = await start(t, { store });
    await plane.apply(toChange('create', sampleGateway()), toChange('create', policy));
    await plane.report({ liveWorkers: 2, inForceWorkers: 2 });
    assert.equal(plane.condition('InForce'), 'True InForce');
    assert.equal(plane.status()?.inForce, '2/2');
    let publish = (): void => {};
    publishing = new Promise((resolve) => {
      publish = resolve;
    });

    plane.between.run = async () => {
      plane.between.run = async () => {};
      const caller = { actor: 'alice', reason: 'r' };
      const changes = [toChange('replace', slower)];
      await plane.door.applyObjects({ caller, changes, dryRun: false, fieldValidation: 'Strict' });
    };
    await plane.report({ liveWorkers: 2, inForceWorkers: 2 });
    const inForce = plane.status()?.conditions.find(({ type }) => type === 'InForce');
    assert.deepEqual([inForce?.status, inForce?.observedGeneration], ['False', 2]);
    assert.equal(inForce?.reason, 'RollingOut');
    assert.equal(plane.status()?.inForce, '0/2');
    publish();
    await plane.pass(20);
    await plane.pass(20);
    assert.equal(plane.condition('InForce'), 'True InForce', 'published, and reported by both');
  });

  test('a change that cannot be published is never in force', async (t) => {
    let broken = false;
    const plane = await start(t, {
      compile: (input) => {
        if (broken) throw new Error('a bug');
        return compileGateway(input);
      },
    });
    await plane.apply(toChange('create', sampleGateway()), toChange('create', policy));
    await plane.report({ liveWorkers: 1, inForceWorkers: 1 });
    assert.equal(plane.condition('InForce'), 'True InForce');
    broken = true;
    await plane.apply(toChange('replace', slower));
    assert.equal(plane.condition('InForce'), 'False RollingOut');
    broken = false;
    await plane.apply(toChange('replace', policy));
    assert.equal(plane.condition('InForce'), 'True InForce');
  });

  test('a worker that connects and runs nothing yet ends what was in force on all', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleGateway()), toChange('create', policy));
    await plane.report({ liveWorkers: 1, inForceWorkers: 1 });
    assert.equal(plane.condition('InForce'), 'True InForce');
    await plane.connect({ liveWorkers: 2, inForceWorkers: 1 });
    assert.equal(plane.condition('InForce'), 'False RollingOut');
    assert.equal(plane.status()?.inForce, '1/2');
  });

  test('events that come together make one write', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', sampleGateway()), toChange('create', policy));
    const { length } = plane.statusWrites;
    for (let i = 1; i <= 5; i += 1) await plane.report({ liveWorkers: 5, inForceWorkers: i }, 1);
    await plane.pass(20);
    assert.equal(plane.statusWrites.length, length + 1);
    assert.equal(plane.condition('InForce'), 'True InForce');
  });

  test('a status that comes too late for its object does not stay', async (t) => {
    const plane = await start(t);
    await plane.apply(toChange('create', policy));
    const key = statusKey(policyKind, 'httpbin', 'httpbin-keepalive');
    const caller = { actor: 'alice', reason: 'r' };
    const deletion = plane.door.applyObjects({
      caller,
      changes: [toDelete(policy)],
      dryRun: false,
      fieldValidation: 'Strict',
    });
    const ops = [{ op: 'put', key, value: { late: true } }] as const;
    await plane.store.commit({ actor: 'late', reason: 'r', time: 0, ops });
    await deletion;
    await plane.pass(20);
    assert.equal(plane.store.get(key), undefined);
  });

  test('a restart says nothing about workers before they had a moment to return', async (t) => {
    const store = createMemoryStore('test');
    const before = await start(t, { store });
    await before.apply(toChange('create', sampleGateway()), toChange('create', policy));
    await before.report({ liveWorkers: 1, inForceWorkers: 1 });
    const after = await start(t, { store });
    await after.pass(4_000);
    assert.equal(after.condition('InForce'), 'True InForce');
    await after.pass(1_000);
    await after.pass(20);
    assert.equal(after.condition('InForce'), 'False NoWorkers');
  });

  test('a store without room: logged, and written when there is room', async (t) => {
    const inner = createMemoryStore('test');
    let full = false;
    const store: Store = {
      ...inner,
      commit: async (draft) => {
        if (full && draft.actor === 'status-writer')
          throw new HeartlineError('STORE_FAILED', 'no room');
        return inner.commit(draft);
      },
    };
    const plane = await start(t, { store });
    full = true;
    await plane.apply(toChange('create', sampleGateway()), toChange('create', policy));
    assert.equal(plane.condition('Accepted'), undefined);
    assert.match(plane.lines.join(''), /statuses were not written/);
    full = false;
    await plane.pass(1_000);
    await plane.pass(20);
    assert.equal(plane.condition('Accepted'), 'True Valid');
  });
});
