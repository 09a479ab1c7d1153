// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
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
import { statusKey } from '../policy/kinds.js';
import { createMemoryStore } from '../store/memory-store.js';
import { createObjectDoor } from './embedded-objects.js';
import type { ApplyRequest, ObjectChange } from './object-door.js';

const policyKind = kindOf('AgentgatewayPolicy');
const policy = samplePolicy('httpbin-keepalive', { retries: 3, time: '30s', interval: '5s' });
const slower = samplePolicy('httpbin-keepalive', { retries: 3, time: '60s', interval: '5s' });
const admission = crdAdmission();

function newDoor() {
  const store = createMemoryStore('test');
  const clock = manualClock(Date.parse('2026-11-22T13:00:00.900Z'));
  let uids = 0;
  const randomUuid = (): string => `uid-${++uids}`;
  const door = createObjectDoor({ store, admission, clock, randomUuid });
  const apply = (changes: readonly ObjectChange[], options: Partial<ApplyRequest> = {}) =>
    door.applyObjects({
      caller: { actor: 'alice', reason: 'test' },
      changes,
      dryRun: false,
      fieldValidation: 'Strict',
      ...options,
    });
  return { store, clock, door, apply };
}

function withMetadata<T extends { metadata: object }>(object: T, metadata: object): T {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

function failsWith(code: HeartlineError['code'], message: RegExp) {
  return (thrown: unknown) => {
    assert.ok(thrown instanceof HeartlineError, String(thrown));
    assert.equal(thrown.code, code);
    assert.match(thrown.message, message);
    return true;
  };
}

describe('create', () => {
  test('gives identity, keeps what the client may say, ignores what it may not', async () => {
    const { door, apply, store } = newDoor();
    const sent = withMetadata(policy, { labels: { team: 'a' }, uid: 'mine', generation: 9 });
    const [result] = await apply([
      toChange('create', { ...sent, status: { x: 1 } } as typeof sent),
    ]);
    assert.equal(result?.outcome, 'created');
    const { managedFields = [], ...metadata } = result?.object.metadata ?? assert.fail();
    assert.equal(managedFields.length, 1);
    assert.deepEqual(metadata, {
      name: 'httpbin-keepalive',
      namespace: 'httpbin',
      uid: 'uid-1',
      creationTimestamp: '2026-11-22T13:00:00Z',
      generation: 1,
      labels: { team: 'a' },
      resourceVersion: '1',
    });
    assert.equal(result?.object.status, undefined);
    assert.deepEqual(door.get(policyKind, 'httpbin', 'httpbin-keepalive'), result?.object);
    assert.equal(store.lastSeq(), 1);
  });

  test('carries actor and reason into the log', async () => {
    const { store, apply } = newDoor();
    const seen: string[] = [];
    store.watch(0, ({ actor, reason, time }) => seen.push(`${actor} ${reason} ${time}`));
    await apply([toChange('create', policy)]);
    assert.deepEqual(seen, [`alice test ${Date.parse('2026-11-22T13:00:00.900Z')}`]);
  });

  test('an object that is there: ALREADY_EXISTS', async () => {
    const { apply } = newDoor();
    await apply([toChange('create', policy)]);
    await assert.rejects(
      apply([toChange('create', policy)]),
      failsWith(
        'ALREADY_EXISTS',
        /^agentgatewaypolicies.agentgateway.dev "httpbin-keepalive" already exists$/,
      ),
    );
  });

  test('two creates at once: one is created, the other learns that it exists', async () => {
    const { apply } = newDoor();
    const results = await Promise.allSettled([
      apply([toChange('create', policy)]),
      apply([toChange('create', policy)]),
    ]);
    assert.equal(results[0]?.status, 'fulfilled');
    assert.ok(results[1]?.status === 'rejected');
    assert.ok(failsWith('ALREADY_EXISTS', /already exists/)(results[1].reason));
  });

  test('a resourceVersion on a new object is refused', async () => {
    const { apply } = newDoor();
    await assert.rejects(
      apply([toChange('create', withMetadata(policy, { resourceVersion: '4' }))]),
      failsWith('INVALID_ARGUMENT', /resourceVersion should not be set on objects to be created$/),
    );
  });

  test('a stale status of an object that is gone does not come back', async () => {
    const { store, door, apply } = newDoor();
    const key = statusKey(policyKind, 'httpbin', 'httpbin-keepalive');
    const ops = [{ op: 'put', key, value: { old: true } }] as const;
    await store.commit({ actor: 'status-writer', reason: 'late', time: 0, ops });
    await apply([toChange('create', policy)]);
    assert.equal(door.get(policyKind, 'httpbin', 'httpbin-keepalive')?.status, undefined);
  });

  test('the namespace may be left to the request; another one is refused', async () => {
    const { apply } = newDoor();
    const { namespace: _, ...metadata } = policy.metadata;
    const change = toChange('create', policy);
    const [result] = await apply([{ ...change, object: { ...policy, metadata } }]);
    assert.equal(result?.object.metadata.namespace, 'httpbin');
    await assert.rejects(
      apply([{ ...change, object: withMetadata(policy, { namespace: 'other' }) }]),
      failsWith(
        'INVALID_ARGUMENT',
        /^the namespace of the provided object does not match the namespace sent on the request$/,
      ),
    );
  });
});

describe('replace', () => {
  test('of an equal object writes nothing, whatever the order of its fields', async () => {
    const { store, apply } = newDoor();
    const [created] = await apply([toChange('create', policy)]);
    const { spec, metadata, ...head } = policy;
    const reordered = {
      spec: { frontend: spec.frontend, targetRefs: spec.targetRefs },
      ...head,
      metadata,
    };
    const [result] = await apply([toChange('replace', reordered)]);
    assert.equal(result?.outcome, 'unchanged');
    assert.deepEqual(result?.object, created?.object);
    assert.equal(store.lastSeq(), 1);
  });

  test('of the spec bumps the generation and keeps the identity', async () => {
    const { clock, apply } = newDoor();
    await apply([toChange('create', policy)]);
    clock.advance(60_000);
    const [result] = await apply([toChange('replace', withMetadata(slower, { generation: 9 }))]);
    assert.equal(result?.outcome, 'configured');
    const { uid, generation, creationTimestamp, resourceVersion } = result?.object.metadata ?? {};
    assert.deepEqual(
      [uid, generation, creationTimestamp, resourceVersion],
      ['uid-1', 2, '2026-11-22T13:00:00Z', '2'],
    );
  });

  test('of labels or annotations alone does not bump the generation', async () => {
    const { apply } = newDoor();
    await apply([toChange('create', policy)]);
    const [result] = await apply([
      toChange('replace', withMetadata(policy, { annotations: { a: 'b' } })),
    ]);
    assert.equal(result?.outcome, 'configured');
    assert.equal(result?.object.metadata.generation, 1);
    assert.deepEqual(result?.object.metadata.annotations, { a: 'b' });
  });

  test('keeps the status', async () => {
    const { store, door, apply } = newDoor();
    await apply([toChange('create', policy)]);
    const key = statusKey(policyKind, 'httpbin', 'httpbin-keepalive');
    const ops = [{ op: 'put', key, value: { ancestors: [] } }] as const;
    await store.commit({ actor: 'status-writer', reason: 'r', time: 0, ops });
    const [result] = await apply([toChange('replace', slower)]);
    assert.deepEqual(result?.object.status, { ancestors: [] });
    assert.deepEqual(door.get(policyKind, 'httpbin', 'httpbin-keepalive'), result?.object);
  });

  test('of a missing object: NOT_FOUND', async () => {
    const { apply } = newDoor();
    await assert.rejects(
      apply([toChange('replace', policy)]),
      failsWith('NOT_FOUND', /"httpbin-keepalive" not found$/),
    );
  });

  test('all of two replaces at once are written, one after the other', async () => {
    const { store, apply } = newDoor();
    await apply([toChange('create', policy)]);
    await Promise.all([
      apply([toChange('replace', slower)]),
      apply([toChange('replace', withMetadata(policy, { labels: { a: 'b' } }))]),
    ]);
    assert.equal(store.lastSeq(), 3);
  });
});

describe('metadata.resourceVersion as a precondition', () => {
  const rows: [string, string, 'taken' | 'CONFLICT' | 'INVALID_ARGUMENT'][] = [
    ['the newest', '2', 'taken'],
    ['any, as Kubernetes writes it', '0', 'taken'],
    ['older than the object', '1', 'CONFLICT'],
    ['newer than everything', '9', 'CONFLICT'],
    ['no number', 'abc', 'INVALID_ARGUMENT'],
  ];
  const REFUSALS = {
    CONFLICT:
      /^Operation cannot be fulfilled on agentgatewaypolicies.agentgateway.dev "httpbin-keepalive": the object has been modified; please apply your changes to the latest version and try again$/,
    INVALID_ARGUMENT: /resourceVersion "abc" is none that was given out/,
  };
  for (const [name, resourceVersion, expected] of rows) {
    test(`${name}: ${expected}`, async () => {
      const { apply } = newDoor();
      await apply([toChange('create', policy)]);
      await apply([toChange('replace', slower)]);
      const replacing = apply([toChange('replace', withMetadata(policy, { resourceVersion }))]);
      if (expected === 'taken') assert.equal((await replacing)[0]?.outcome, 'configured');
      else await assert.rejects(replacing, failsWith(expected, REFUSALS[expected]));
    });
  }

  test('another uid is another object', async () => {
    const { apply } = newDoor();
    await apply([toChange('create', policy)]);
    await assert.rejects(
      apply([toChange('replace', withMetadata(slower, { uid: 'other' }))]),
      failsWith('CONFLICT', /UID in precondition: other, UID in object meta: uid-1$/),
    );
  });

  test('a status that moved on is no conflict', async () => {
    const { store, apply } = newDoor();
    await apply([toChange('create', policy)]);
    const key = statusKey(policyKind, 'httpbin', 'httpbin-keepalive');
    const ops = [{ op: 'put', key, value: {} }] as const;
    await store.commit({ actor: 'status-writer', reason: 'r', time: 0, ops });
    const [result] = await apply([
      toChange('replace', withMetadata(slower, { resourceVersion: '1' })),
    ]);
    assert.equal(result?.outcome, 'configured');
  });

  test('holds for deletes too', async () => {
    const { apply } = newDoor();
    await apply([toChange('create', policy)]);
    await apply([toChange('replace', slower)]);
    const deletion = { ...toDelete(policy), resourceVersion: '1' } as ObjectChange;
    await assert.rejects(
      apply([deletion]),
      failsWith('CONFLICT', /the ResourceVersion in the precondition \(1\) does not match/),
    );
  });
});

describe('delete', () => {
  test('removes object and status and shows the object as it was', async () => {
    const { store, door, apply } = newDoor();
    await apply([toChange('create', policy)]);
    const key = statusKey(policyKind, 'httpbin', 'httpbin-keepalive');
    const ops = [{ op: 'put', key, value: { ancestors: [] } }] as const;
    await store.commit({ actor: 'status-writer', reason: 'r', time: 0, ops });
    const [result] = await apply([toDelete(policy)]);
    assert.equal(result?.outcome, 'deleted');
    assert.deepEqual(result?.object.status, { ancestors: [] });
    assert.equal(result?.object.metadata.resourceVersion, '2');
    assert.equal(door.get(policyKind, 'httpbin', 'httpbin-keepalive'), undefined);
    assert.deepEqual(store.list(key).entries, []);
  });

  test('of a missing object: NOT_FOUND', async () => {
    const { apply } = newDoor();
    await assert.rejects(apply([toDelete(policy)]), failsWith('NOT_FOUND', /not found/));
  });
});

describe('several changes', () => {
  test('are one transaction', async () => {
    const { store, door, apply } = newDoor();
    const results = await apply(
      [sampleGateway(), sampleBackend(), policy].map((o) => toChange('create', o)),
    );
    assert.deepEqual(
      results.map(({ object }) => object.metadata.resourceVersion),
      ['1', '1', '1'],
    );
    assert.equal(store.lastSeq(), 1);
    assert.equal(door.list(policyKind, undefined).objects.length, 1);
  });

  test('one that cannot be planned stops all of them', async () => {
    const { store, apply } = newDoor();
    await assert.rejects(
      apply([toChange('create', policy), toDelete(sampleBackend())]),
      failsWith('NOT_FOUND', /agentgatewaybackends.agentgateway.dev "httpbin"/),
    );
    assert.equal(store.lastSeq(), 0);
  });

  test('one invalid object is refused in its own words', async () => {
    const { apply } = newDoor();
    const bad = samplePolicy('bad', { retries: 0 });
    await assert.rejects(
      apply([toChange('create', policy), toChange('create', bad)]),
      (thrown) =>
        thrown instanceof HeartlineError &&
        thrown.code === 'INVALID_OBJECT' &&
        thrown.problems[0]?.field === 'spec.frontend.tcp.keepalive.retries',
    );
  });

  test('all invalid ones are named together', async () => {
    const { store, apply } = newDoor();
    const bad = [samplePolicy('bad', { retries: 0 }), samplePolicy('worse', { time: 'soon' })];
    await assert.rejects(apply(bad.map((object) => toChange('create', object))), (thrown) => {
      assert.ok(thrown instanceof HeartlineError);
      assert.deepEqual(
        thrown.problems.map(({ field }) => field),
        [
          'AgentgatewayPolicy httpbin/bad: spec.frontend.tcp.keepalive.retries',
          'AgentgatewayPolicy httpbin/worse: spec.frontend.tcp.keepalive.time',
        ],
      );
      return true;
    });
    assert.equal(store.lastSeq(), 0);
  });

  test('two of one object are refused', async () => {
    const { apply } = newDoor();
    await assert.rejects(
      apply([toChange('create', policy), toChange('replace', slower)]),
      failsWith(
        'INVALID_ARGUMENT',
        /AgentgatewayPolicy httpbin\/httpbin-keepalive is in the request twice/,
      ),
    );
  });
});

describe('dry run', () => {
  test('validates, plans and stores nothing', async () => {
    const { store, apply } = newDoor();
    const [created] = await apply([toChange('create', policy)], { dryRun: true });
    assert.equal(created?.outcome, 'created');
    assert.equal(created?.object.metadata.generation, 1);
    assert.equal(store.lastSeq(), 0);
    await apply([toChange('create', policy)]);
    const [changed] = await apply([toChange('replace', slower)], { dryRun: true });
    assert.equal(changed?.outcome, 'configured');
    assert.equal(changed?.object.metadata.generation, 2);
    assert.equal(changed?.object.metadata.resourceVersion, '1');
    assert.equal(store.lastSeq(), 1);
    await assert.rejects(
      apply([toChange('create', policy)], { dryRun: true }),
      failsWith('ALREADY_EXISTS', /already exists/),
    );
  });
});

describe('list', () => {
  test('sorts by namespace and name and joins each status', async () => {
    const { store, door, apply } = newDoor();
    const names: [string, string][] = [
      ['a-b', 'x'],
      ['a', 'z'],
      ['a', 'y'],
    ];
    const objects = names.map(([namespace, name]) =>
      withMetadata(sampleBackend(name), { namespace }),
    );
    await apply(objects.map((object) => toChange('create', object)));
    const kind = kindOf('AgentgatewayBackend');
    const ops = [{ op: 'put', key: statusKey(kind, 'a', 'z'), value: { ok: true } }] as const;
    await store.commit({ actor: 'status-writer', reason: 'r', time: 0, ops });
    const { objects: all, resourceVersion } = door.list(kind, undefined);
    assert.deepEqual(
      all.map(
        (one) => `${one.metadata.namespace}/${one.metadata.name} ${JSON.stringify(one.status)}`,
      ),
      ['a/y undefined', 'a/z {"ok":true}', 'a-b/x undefined'],
    );
    assert.equal(resourceVersion, '2');
    assert.deepEqual(
      door.list(kind, 'a').objects.map((one) => one.metadata.name),
      ['y', 'z'],
    );
  });
});
