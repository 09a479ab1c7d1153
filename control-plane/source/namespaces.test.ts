// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { manualClock } from '../../shared/time/manual-clock.js';
import { crdAdmission } from '../../test/support/crd-admission.js';
import { kindOf, samplePolicy, toChange, toDelete } from '../../test/support/sample-objects.js';
import type { JsonValue } from '../log/transaction.js';
import { objectKey } from '../policy/kinds.js';
import { createMemoryStore } from '../store/memory-store.js';
import { createObjectDoor } from './embedded-objects.js';
import { terminatingStatus } from './namespaces.js';
import type { ObjectChange, SourceName } from './object-door.js';
import { startNamespaces } from './start-namespaces.js';

const admission = crdAdmission();
const namespaceKind = kindOf('Namespace');
const policyKind = kindOf('AgentgatewayPolicy');
const policy = samplePolicy('p', {});

const create = (name: string): ObjectChange => ({
  ...{ verb: 'create', kind: namespaceKind, namespace: '', name },
  object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
});
const remove = (name: string): ObjectChange => ({
  ...{ verb: 'delete', kind: namespaceKind, namespace: '', name },
});

function newDoor() {
  const store = createMemoryStore('test');
  const clock = manualClock(Date.parse('2026-11-22T13:00:00Z'));
  let uids = 0;
  const randomUuid = (): string => `uid-${++uids}`;
  const door = createObjectDoor({ store, admission, clock, randomUuid });
  const apply = (
    changes: readonly ObjectChange[],
    source: SourceName = 'embedded',
    sourceDetail = '',
  ) =>
    door.applyObjects({
      ...{
        caller: { actor: 'alice', reason: 'test', source, sourceDetail },
        changes,
        dryRun: false,
      },
      fieldValidation: 'Strict',
    });
  const start = () => startNamespaces({ store, door, clock, randomUuid });
  const names = () => door.list(namespaceKind, undefined).objects.map((one) => one.metadata.name);
  return { store, door, apply, start, names };
}

describe('namespaces', () => {
  test('one is active from the start and carries its name as a label', async () => {
    const { apply } = newDoor();
    const [result] = await apply([create('httpbin')]);
    assert.deepEqual(result?.object.status, { phase: 'Active' });
    assert.deepEqual(result?.object.spec, { finalizers: ['kubernetes'] });
    assert.deepEqual(result?.object.metadata.labels, { 'kubernetes.io/metadata.name': 'httpbin' });
  });

  test('one that is missing comes with its first object, with a warning, in one transaction', async () => {
    const { apply, store, names } = newDoor();
    const [first] = await apply([toChange('create', policy)]);
    assert.deepEqual(first?.warnings, ['namespace "httpbin" did not exist and was created']);
    assert.deepEqual(names(), ['httpbin']);
    assert.equal(store.lastSeq(), 1);
    const [second] = await apply([toChange('create', samplePolicy('q', {}))]);
    assert.deepEqual(second?.warnings, []);
  });

  test('one that comes in the same request is no missing one', async () => {
    const { apply } = newDoor();
    const results = await apply([toChange('create', policy), create('httpbin')]);
    assert.deepEqual(
      results.map(({ warnings }) => warnings),
      [[], []],
    );
  });

  test('takes everything in it along', async () => {
    const { apply, door, store } = newDoor();
    await apply([toChange('create', policy), toChange('create', samplePolicy('q', {}))]);
    await apply([create('other')]);
    await apply([remove('httpbin')]);
    assert.equal(door.get(namespaceKind, '', 'httpbin'), undefined);
    assert.deepEqual(door.list(policyKind, undefined).objects, []);
    assert.deepEqual(store.list('status/').entries.length, 1, 'the one of namespace other');
    await assert.rejects(apply([remove('httpbin')]), {
      code: 'NOT_FOUND',
      message: 'namespaces "httpbin" not found',
    });
  });

  test('while it goes nothing new is taken', async () => {
    const { apply, store } = newDoor();
    await apply([create('httpbin')]);
    const ops = [terminatingStatus('httpbin')];
    await store.commit({ actor: 'a', reason: 'r', time: 0, ops });
    await assert.rejects(apply([toChange('create', policy)]), {
      code: 'PERMISSION_DENIED',
      message:
        'agentgatewaypolicies.agentgateway.dev "p" is forbidden: unable to create new content in namespace httpbin because it is being terminated',
    });
  });

  test('a create that races with the deletion leaves nothing behind without its namespace', async () => {
    const { apply, door } = newDoor();
    await apply([toChange('create', policy)]);
    const creates = Array.from({ length: 10 }, (_, i) =>
      apply([toChange('create', samplePolicy(`r${i}`, {}))]).catch(() => undefined),
    );
    await Promise.all([...creates.slice(0, 5), apply([remove('httpbin')]), ...creates.slice(5)]);
    const left = door.list(policyKind, 'httpbin').objects.length;
    assert.ok(left === 0 || door.get(namespaceKind, '', 'httpbin') !== undefined);
  });

  test('default stays', async () => {
    const { apply, start } = newDoor();
    await start();
    await assert.rejects(apply([remove('default')]), {
      code: 'PERMISSION_DENIED',
      message: 'namespaces "default" is forbidden: this namespace may not be deleted',
    });
  });

  test('an object of another source holds its namespace', async () => {
    const { apply, door, store } = newDoor();
    await apply([toChange('create', samplePolicy('a', {}))]);
    await apply([toChange('create', policy)], 'manifests', '/etc/p.yaml');
    const seq = store.lastSeq();
    await assert.rejects(apply([remove('httpbin')]), {
      code: 'OWNED_ELSEWHERE',
      message:
        'agentgatewaypolicies.agentgateway.dev "p" in namespace "httpbin" belongs to the manifest file /etc/p.yaml: change the file, or remove the object from it first',
    });
    assert.equal(store.lastSeq(), seq, 'nothing is written');
    assert.equal(door.list(policyKind, 'httpbin').objects.length, 2);
    assert.deepEqual(door.get(namespaceKind, '', 'httpbin')?.status, { phase: 'Active' });
  });

  test('at a start every namespace in use has its object, and what was being deleted goes', async () => {
    const { apply, store, start, names } = newDoor();
    const value = policy as unknown as JsonValue;
    const ops = [{ op: 'put', key: objectKey(policyKind, 'httpbin', 'p'), value }] as const;
    await store.commit({ actor: 'an older version', reason: 'r', time: 0, ops });
    await start();
    assert.deepEqual(names(), ['default', 'httpbin']);
    const seq = store.lastSeq();
    await start();
    assert.equal(store.lastSeq(), seq, 'a second start writes nothing');
    await apply([toDelete(policy)]);
    await store.commit({ actor: 'a', reason: 'r', time: 0, ops: [terminatingStatus('httpbin')] });
    await start();
    assert.deepEqual(names(), ['default']);
  });
});
