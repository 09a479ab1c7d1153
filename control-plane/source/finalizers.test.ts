// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { manualClock } from '../../shared/time/manual-clock.js';
import { crdAdmission } from '../../test/support/crd-admission.js';
import { kindOf, samplePolicy, toChange, toDelete } from '../../test/support/sample-objects.js';
import { createMemoryStore } from '../store/memory-store.js';
import { createObjectDoor } from './embedded-objects.js';
import type { ApplyRequest, Caller, ObjectChange } from './object-door.js';

const kind = kindOf('AgentgatewayPolicy');
const namespaceKind = kindOf('Namespace');
const admission = crdAdmission();
const target = { kind, namespace: 'httpbin', name: 'p' };
const namespaceTarget = { kind: namespaceKind, namespace: '', name: 'httpbin' };
const deleteNamespace: ObjectChange = { ...namespaceTarget, verb: 'delete' };

function policy(metadata: object, name = 'p') {
  const plain = samplePolicy(name, { time: '30s' });
  return { ...plain, metadata: { ...plain.metadata, ...metadata } };
}

function patch(metadata: object, name = 'p'): ObjectChange {
  return { ...target, name, verb: 'patch', patch: { type: 'merge', body: { metadata } } };
}

function newDoor() {
  const store = createMemoryStore('test');
  const clock = manualClock(Date.parse('2026-11-22T13:00:00Z'));
  let uids = 0;
  const door = createObjectDoor({ store, admission, clock, randomUuid: () => `uid-${++uids}` });
  const apply = async (change: ObjectChange, options: Partial<ApplyRequest & Caller> = {}) => {
    const { source = 'embedded', dryRun = false, fieldValidation = 'Strict' } = options;
    const [result] = await door.applyObjects({
      caller: { actor: 'alice', reason: 'test', source },
      ...{ changes: [change], dryRun, fieldValidation },
    });
    assert.ok(result);
    return result;
  };
  const get = (name = 'p') => door.get(kind, 'httpbin', name);
  const hasNamespace = () => door.get(namespaceKind, '', 'httpbin') !== undefined;
  return { store, clock, apply, get, hasNamespace };
}

const held = policy({ finalizers: ['example.com/a', 'example.com/b'] });

describe('an object with finalizers', () => {
  test('is marked by a deletion and goes with the last of them', async () => {
    const { apply, get, clock } = newDoor();
    await apply(toChange('create', held));
    clock.advance(5000);
    const { outcome, object } = await apply(toDelete(held));
    assert.equal(outcome, 'configured');
    assert.equal(object.metadata.deletionTimestamp, '2026-11-22T13:00:05Z');
    assert.equal(object.metadata.deletionGracePeriodSeconds, 0);
    assert.equal(object.metadata.generation, 2);
    const one = await apply(patch({ finalizers: ['example.com/b'] }));
    assert.equal(one.object.metadata.generation, 2);
    assert.deepEqual(get()?.metadata.finalizers, ['example.com/b']);
    const last = await apply(patch({ finalizers: null }));
    assert.equal(last.outcome, 'deleted');
    assert.equal(last.object.metadata.deletionTimestamp, '2026-11-22T13:00:05Z');
    assert.equal(last.object.metadata.resourceVersion, one.object.metadata.resourceVersion);
    assert.equal(get(), undefined);
  });

  test('stays as it is when its deletion is asked for again, or only tried', async () => {
    const { apply, store, get, clock } = newDoor();
    await apply(toChange('create', held));
    const tried = await apply(toDelete(held), { dryRun: true });
    assert.equal(tried.object.metadata.deletionTimestamp, '2026-11-22T13:00:00Z');
    assert.equal(get()?.metadata.deletionTimestamp, undefined);
    await apply(toDelete(held));
    const seq = store.lastSeq();
    clock.advance(5000);
    const { outcome, object } = await apply(toDelete(held));
    assert.equal(outcome, 'unchanged');
    assert.equal(object.metadata.deletionTimestamp, '2026-11-22T13:00:00Z');
    assert.equal(store.lastSeq(), seq);
  });

  test('takes no new ones and keeps its mark while it goes', async () => {
    const { apply, get } = newDoor();
    await apply(toChange('create', held));
    await apply(toDelete(held));
    const more = ['example.com/a', 'example.com/b', 'example.com/z', 'example.com/y'];
    await assert.rejects(apply(patch({ finalizers: more })), {
      code: 'INVALID_OBJECT',
      message:
        'AgentgatewayPolicy.agentgateway.dev "p" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/y", "example.com/z"}',
    });
    await apply(patch({ deletionTimestamp: null, labels: { x: 'y' } }));
    await apply(toChange('replace', policy({ finalizers: ['example.com/b'] })));
    assert.equal(get()?.metadata.deletionTimestamp, '2026-11-22T13:00:00Z');
    assert.deepEqual(get()?.metadata.finalizers, ['example.com/b']);
  });

  test('a mark that a client sends is none', async () => {
    const { apply } = newDoor();
    const marked = policy({ deletionTimestamp: '2020-01-01T00:00:00Z' });
    const { object } = await apply(toChange('create', marked));
    assert.equal(object.metadata.deletionTimestamp, undefined);
    assert.equal((await apply(toDelete(marked))).outcome, 'deleted');
  });

  test('belongs to nobody once its source deleted it', async () => {
    const { apply, get } = newDoor();
    await apply(toChange('create', held), { source: 'manifests' });
    await assert.rejects(apply(patch({ finalizers: null })), { code: 'OWNED_ELSEWHERE' });
    await apply(toDelete(held), { source: 'manifests' });
    await apply(patch({ finalizers: null }));
    assert.equal(get(), undefined);
  });
});

describe('a namespace', () => {
  test('goes with the last object that finalizers hold in it', async () => {
    const { apply, get, hasNamespace } = newDoor();
    const other = policy({ finalizers: ['example.com/a'] }, 'q');
    for (const one of [held, other, policy({}, 'free')]) await apply(toChange('create', one));
    const { outcome, object } = await apply(deleteNamespace);
    assert.equal(outcome, 'configured');
    assert.deepEqual(object.status, { phase: 'Terminating' });
    assert.equal(get('free'), undefined);
    assert.equal((await apply(deleteNamespace)).outcome, 'unchanged');
    await Promise.all([apply(patch({ finalizers: [] })), apply(patch({ finalizers: [] }, 'q'))]);
    assert.deepEqual([get(), get('q'), hasNamespace()], [undefined, undefined, false]);
  });

  test('with finalizers of its own waits for them, too', async () => {
    const { apply, hasNamespace } = newDoor();
    const metadata = { name: 'httpbin', finalizers: ['example.com/a'] };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata };
    await apply({ ...namespaceTarget, verb: 'create', object: namespace });
    await apply(toChange('create', held));
    await apply(deleteNamespace);
    await apply(patch({ finalizers: [] }));
    assert.ok(hasNamespace());
    const body = { metadata: { finalizers: null } };
    await apply({ ...namespaceTarget, verb: 'patch', patch: { type: 'merge', body } });
    assert.ok(!hasNamespace());
  });
});

describe('metadata that is refused', () => {
  const rows: readonly [object, RegExp][] = [
    [
      { finalizers: ['bad name!'] },
      /metadata.finalizers: Invalid value: "bad name!": must be a name/,
    ],
    [{ finalizers: 'x' }, /must be a list of names/],
    [{ finalizers: ['orphan', 'foregroundDeletion'] }, /cannot be both set/],
    [
      { ownerReferences: [{}] },
      /metadata.ownerReferences.uid: Invalid value: "": uid must not be empty/,
    ],
    [{ ownerReferences: [owner({ apiVersion: 'a/b/c' })] }, /"a\/b\/c": version must not be empty/],
    [
      { ownerReferences: [owner({ kind: 'Event' })] },
      /Kind=Event is disallowed from being an owner/,
    ],
    [{ ownerReferences: [owner({ controller: 'x' })] }, /"x": must be true or false/],
    [
      { ownerReferences: [owner({ controller: true }), owner({ controller: true, name: 'b' })] },
      /Only one reference can have Controller set to true. Found "true" in references for Pod\/a and Pod\/b/,
    ],
  ];
  for (const [metadata, message] of rows) {
    test(JSON.stringify(metadata), async () => {
      const { apply } = newDoor();
      const created = apply(toChange('create', policy(metadata)));
      await assert.rejects(created, { code: 'INVALID_OBJECT', message });
    });
  }

  test('a field that a reference does not have is unknown', async () => {
    const { apply } = newDoor();
    const created = apply(toChange('create', policy({ ownerReferences: [owner({ nmae: 'x' })] })));
    await assert.rejects(created, {
      code: 'INVALID_ARGUMENT',
      message: /unknown field "metadata.ownerReferences\[0\].nmae"; did you mean "name"\?/,
    });
  });

  test('a patch of the uid', async () => {
    const { apply } = newDoor();
    await apply(toChange('create', policy({})));
    await assert.rejects(apply(patch({ uid: 'other' })), {
      code: 'INVALID_OBJECT',
      message:
        'AgentgatewayPolicy.agentgateway.dev "p" is invalid: metadata.uid: Invalid value: "other": field is immutable',
    });
  });
});

test('owners are kept, with a warning that nothing comes of it', async () => {
  const { apply } = newDoor();
  const references = [owner({ controller: true })];
  const created = await apply(toChange('create', policy({ ownerReferences: references })));
  assert.deepEqual(created.object.metadata.ownerReferences, references);
  assert.ok(created.warnings.includes('metadata.ownerReferences are kept; nothing is collected'));
});

function owner(more: object) {
  return { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'u', ...more };
}
