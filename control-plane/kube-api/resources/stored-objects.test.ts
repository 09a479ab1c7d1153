// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { manualClock } from '../../../shared/time/manual-clock.js';
import { kindOf, sampleBackend } from '../../../test/support/sample-objects.js';
import type { JsonValue, Op } from '../../log/transaction.js';
import { KINDS, objectKey, statusKey } from '../../policy/kinds.js';
import type { KubeObject } from '../../policy/kube-object.js';
import { createMemoryStore } from '../../store/memory-store.js';
import type { Store } from '../../store/store.js';
import type { ObjectView, ObservedChange } from './object-view.js';
import { followStoredObjects } from './stored-objects.js';

const backends = kindOf('AgentgatewayBackend');

const put = (name: string, port = 80): Op => ({
  op: 'put',
  key: objectKey(backends, 'httpbin', name),
  value: sampleBackend(name, port) as unknown as JsonValue,
});
const putStatus = (name: string, status: JsonValue): Op => ({
  op: 'put',
  key: statusKey(backends, 'httpbin', name),
  value: status,
});
const remove = (name: string): Op[] =>
  [objectKey, statusKey].map((keyOf) => ({ op: 'delete', key: keyOf(backends, 'httpbin', name) }));

async function commit(store: Store, ...ops: readonly Op[]): Promise<void> {
  const { ok } = await store.commit({ actor: 'test', reason: 'r', time: 0, ops });
  assert.ok(ok);
}

async function follow(store: Store) {
  const { views, stop } = await followStoredObjects({ store, clock: manualClock(), kinds: KINDS });
  const view = views.get(backends);
  assert.ok(view);
  return { view, stop };
}

const show = (object: KubeObject | undefined): string =>
  object === undefined
    ? '-'
    : `${object.metadata.name}@${object.metadata.resourceVersion} ${JSON.stringify(object.status ?? null)}`;
const describeChange = ({ version, before, after, isContinued }: ObservedChange): string =>
  `${version}: ${show(before)} -> ${show(after)}${isContinued ? ' ...' : ''}`;

function changesAfter(view: ObjectView, version: number): string[] {
  const seen: string[] = [];
  view.watch(version, (change) => seen.push(describeChange(change)))();
  return seen;
}

describe('views over the log', () => {
  it('show an object with its status, at the newer of their two revisions', async () => {
    const store = createMemoryStore('test');
    const { view } = await follow(store);
    await commit(store, put('a'));
    await commit(store, putStatus('a', { ok: true }));
    await commit(store, put('b'), put('c'));
    await commit(store, ...remove('a'));
    assert.deepEqual(changesAfter(view, 0), [
      '1: - -> a@1 null',
      '2: a@1 null -> a@2 {"ok":true}',
      '3: - -> b@3 null ...',
      '3: - -> c@3 null',
      '4: a@2 {"ok":true} -> -',
    ]);
    assert.equal(view.version(), 4);
    assert.equal(view.get('httpbin', 'b')?.metadata.resourceVersion, '3');
  });

  it('count every transaction, of whatever it is', async () => {
    const store = createMemoryStore('test');
    const { view } = await follow(store);
    await commit(store, { op: 'put', key: 'releases/x', value: 1 });
    assert.equal(view.list(undefined).resourceVersion, '1');
    assert.deepEqual(changesAfter(view, 0), []);
  });

  it('know what happened before they were made', async () => {
    const store = createMemoryStore('test');
    await commit(store, put('a'));
    await commit(store, putStatus('a', { ok: true }));
    await commit(store, ...remove('a'), put('b'));
    const first = await follow(store);
    const again = await follow(store);
    assert.deepEqual(changesAfter(again.view, 0), [
      '1: - -> a@1 null',
      '2: a@1 null -> a@2 {"ok":true}',
      '3: a@2 {"ok":true} -> - ...',
      '3: - -> b@3 null',
    ]);
    assert.deepEqual(again.view.list(undefined), first.view.list(undefined));
    await commit(store, put('b', 81));
    assert.deepEqual(changesAfter(again.view, 3), ['4: b@3 null -> b@4 null']);
  });

  it('know objects that were written before the part of the log that is read back', async () => {
    const store = createMemoryStore('test');
    await commit(store, put('old'), put('gone'), putStatus('old', { n: 0 }));
    const filler = Array.from({ length: 12_000 }, (_, i) =>
      store.commit({ actor: 't', reason: 'r', time: 0, ops: [{ op: 'put', key: 'x', value: i }] }),
    );
    await Promise.all(filler);
    await commit(store, putStatus('old', { n: 1 }));
    await commit(store, ...remove('gone'));
    const { view } = await follow(store);
    assert.equal(view.list(undefined).objects.length, 1);
    assert.deepEqual(changesAfter(view, 12_001), [
      '12002: - -> old@12002 {"n":1}',
      '12003: gone@undefined null -> -',
    ]);
    assert.throws(
      () => view.watch(1, () => {}),
      (thrown) => thrown instanceof HeartlineError && thrown.code === 'EXPIRED',
    );
  });

  it('leave the values of Secrets out', async () => {
    const store = createMemoryStore('test');
    const secrets = kindOf('Secret');
    const { views } = await followStoredObjects({ store, clock: manualClock(), kinds: KINDS });
    const metadata = { name: 's', namespace: 'httpbin' };
    const value = { apiVersion: 'v1', kind: 'Secret', metadata, data: { key: 'aGlkZGVu' } };
    await commit(store, { op: 'put', key: objectKey(secrets, 'httpbin', 's'), value });
    const seen: ObservedChange[] = [];
    views.get(secrets)?.watch(0, (change) => seen.push(change));
    assert.doesNotMatch(JSON.stringify([seen, views.get(secrets)?.list(undefined)]), /aGlkZGVu/);
  });
});
