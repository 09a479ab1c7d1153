// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import {
  MAX_TRANSACTION_BYTES,
  type Op,
  type Transaction,
  type TransactionDraft,
} from '../log/transaction.js';
import type { Store } from './store.js';

/** Opens an empty store that the test context closes and removes. */
export type OpenStore = (t: TestContext) => Promise<Store>;

/** What every store promises; memory, lmdb and later NATS run it and must be indistinguishable. */
export function describeStoreContract(name: string, openStore: OpenStore): void {
  describe(`${name}: commit`, () => commitTests(openStore));
  describe(`${name}: reads`, () => readTests(openStore));
  describe(`${name}: watch`, () => watchTests(openStore));
}

function draftOf(ops: readonly Op[]): TransactionDraft {
  return { actor: 'tester', reason: 'contract', time: 1_700_000_000_000, ops };
}

async function commitSeq(store: Store, ops: readonly Op[]): Promise<number> {
  const result = await store.commit(draftOf(ops));
  assert.ok(result.ok, 'the commit was refused');
  return result.seq;
}

async function putMany(store: Store, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, i) =>
      commitSeq(store, [{ op: 'put', key: `k/${i}`, value: i }]),
    ),
  );
}

/** Lets everything that is due run: replay needs a few turns of the event loop, never time. */
async function turnUntil(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !done(); turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(done(), 'not done after 10,000 turns of the event loop');
}

function rejectsWith(code: HeartlineError['code']): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof HeartlineError && thrown.code === code;
}

function commitTests(openStore: OpenStore): void {
  test('an empty store is at sequence 0 and has an id', async (t) => {
    const store = await openStore(t);
    assert.equal(store.lastSeq(), 0);
    assert.ok(store.storeId.length > 0);
    assert.deepEqual(store.list(''), { entries: [], seq: 0 });
  });

  test('sequences start at 1 and have no holes, refused transactions take none', async (t) => {
    const store = await openStore(t);
    assert.equal(await commitSeq(store, [{ op: 'put', key: 'a', value: 1 }]), 1);
    const refused = await store.commit(
      draftOf([{ op: 'put', key: 'a', value: 2, expectedRevision: 0 }]),
    );
    assert.ok(!refused.ok);
    assert.equal(refused.refusal.actualRevision, 1);
    assert.equal(await commitSeq(store, [{ op: 'delete', key: 'a', expectedRevision: 1 }]), 2);
    assert.equal(store.lastSeq(), 2);
  });

  test('a refused transaction changes nothing, also not its good operations', async (t) => {
    const store = await openStore(t);
    await commitSeq(store, [{ op: 'put', key: 'a', value: 1 }]);
    const result = await store.commit(
      draftOf([
        { op: 'put', key: 'b', value: 1 },
        { op: 'delete', key: 'a', expectedRevision: 7 },
      ]),
    );
    assert.ok(!result.ok);
    assert.deepEqual(store.list('').entries, [{ key: 'a', value: 1, revision: 1 }]);
  });

  test('commits made at once are folded in the order they were made', async (t) => {
    const store = await openStore(t);
    const results = await Promise.all([
      store.commit(draftOf([{ op: 'put', key: 'a', value: 'first', expectedRevision: 0 }])),
      store.commit(draftOf([{ op: 'put', key: 'a', value: 'second', expectedRevision: 0 }])),
      store.commit(draftOf([{ op: 'put', key: 'a', value: 'third', expectedRevision: 1 }])),
    ]);
    assert.deepEqual(
      results.map((result) => (result.ok ? result.seq : result.refusal.actualRevision)),
      [1, 1, 2],
    );
    assert.deepEqual(store.get('a'), { key: 'a', value: 'third', revision: 2 });
  });

  test('what the writer does with its value afterwards changes nothing', async (t) => {
    const store = await openStore(t);
    const value = { list: [1] };
    const committed = commitSeq(store, [{ op: 'put', key: 'a', value }]);
    value.list.push(2);
    await committed;
    assert.deepEqual(store.get('a')?.value, { list: [1] });
  });

  test('a transaction without operations is a record of its own', async (t) => {
    const store = await openStore(t);
    assert.equal(await commitSeq(store, []), 1);
  });

  test('the largest transaction is taken, a larger one is TOO_LARGE and the next one works', async (t) => {
    const store = await openStore(t);
    const overhead = Buffer.byteLength(
      JSON.stringify(draftOf([{ op: 'put', key: 'a', value: '' }])),
    );
    const largest = 'x'.repeat(MAX_TRANSACTION_BYTES - overhead);
    await commitSeq(store, [{ op: 'put', key: 'a', value: largest }]);
    await assert.rejects(
      store.commit(draftOf([{ op: 'put', key: 'a', value: `${largest}x` }])),
      rejectsWith('TOO_LARGE'),
    );
    assert.equal(store.get('a')?.value, largest);
    assert.equal(await commitSeq(store, [{ op: 'delete', key: 'a' }]), 2);
  });

  for (const [what, key] of [
    ['empty', ''],
    ['too long', 'k'.repeat(1025)],
    ['with a control character', 'a\nb'],
    ['with half a character', 'a\ud800'],
  ] as const) {
    test(`a key that is ${what} is refused`, async (t) => {
      const store = await openStore(t);
      await assert.rejects(
        store.commit(draftOf([{ op: 'put', key, value: 1 }])),
        rejectsWith('INVALID_ARGUMENT'),
      );
      assert.equal(store.lastSeq(), 0);
    });
  }

  test('a closed store takes nothing', async (t) => {
    const store = await openStore(t);
    await store.close();
    await assert.rejects(store.commit(draftOf([])), rejectsWith('UNAVAILABLE'));
  });

  test('close waits for what was committed before', async (t) => {
    const store = await openStore(t);
    const committed = putMany(store, 20);
    await store.close();
    await committed;
    assert.equal(store.lastSeq(), 20);
  });
}

function readTests(openStore: OpenStore): void {
  test('get gives the value and the sequence that wrote it', async (t) => {
    const store = await openStore(t);
    await commitSeq(store, [{ op: 'put', key: 'a', value: { x: [1, null, 'ü\u2028'] } }]);
    await commitSeq(store, [{ op: 'put', key: 'b', value: false }]);
    assert.deepEqual(store.get('a'), { key: 'a', value: { x: [1, null, 'ü\u2028'] }, revision: 1 });
    assert.deepEqual(store.get('b'), { key: 'b', value: false, revision: 2 });
    assert.equal(store.get('c'), undefined);
  });

  test('list takes the prefix as it is written and sorts by key', async (t) => {
    const store = await openStore(t);
    await commitSeq(
      store,
      ['b/2', 'b/10', 'a/1', 'b', 'bb', 'b/é', 'c'].map((key) => ({ op: 'put', key, value: 0 })),
    );
    const keys = store.list('b/').entries.map((entry) => entry.key);
    assert.deepEqual(keys, ['b/10', 'b/2', 'b/é']);
    assert.equal(store.list('').entries.length, 7);
    assert.deepEqual(store.list('nothing').entries, []);
  });

  test('a deleted key is gone from get and list', async (t) => {
    const store = await openStore(t);
    await commitSeq(store, [
      { op: 'put', key: 'a', value: 1 },
      { op: 'put', key: 'b', value: 1 },
    ]);
    await commitSeq(store, [{ op: 'delete', key: 'a' }]);
    assert.equal(store.get('a'), undefined);
    assert.deepEqual(store.list(''), { entries: [{ key: 'b', value: 1, revision: 1 }], seq: 2 });
  });
}

function watchTests(openStore: OpenStore): void {
  test('a watch from the end is handed what follows, before the writer is answered', async (t) => {
    const store = await openStore(t);
    await commitSeq(store, [{ op: 'put', key: 'a', value: 1 }]);
    const seen: Transaction[] = [];
    store.watch(1, (transaction) => {
      assert.equal(store.get('b')?.revision, transaction.seq, 'not visible yet');
      seen.push(transaction);
    });
    await commitSeq(store, [{ op: 'put', key: 'b', value: 2 }]);
    assert.deepEqual(seen, [{ ...draftOf([{ op: 'put', key: 'b', value: 2 }]), seq: 2 }]);
  });

  test('log first, then live: no gap, in order, exactly once', async (t) => {
    const store = await openStore(t);
    await putMany(store, 700);
    const seen: number[] = [];
    store.watch(0, ({ seq }) => seen.push(seq));
    assert.deepEqual(seen, [], 'the log is read after watch returned');
    const live = putMany(store, 700);
    await live;
    await turnUntil(() => seen.length >= 1_400);
    await putMany(store, 3);
    assert.deepEqual(
      seen,
      Array.from({ length: 1_403 }, (_, i) => i + 1),
    );
  });

  test('two watches from different places do not disturb each other', async (t) => {
    const store = await openStore(t);
    await putMany(store, 5);
    const early: number[] = [];
    const late: number[] = [];
    store.watch(2, ({ seq }) => early.push(seq));
    store.watch(5, ({ seq }) => late.push(seq));
    await commitSeq(store, []);
    await turnUntil(() => early.length >= 4);
    assert.deepEqual(early, [3, 4, 5, 6]);
    assert.deepEqual(late, [6]);
  });

  test('no callback runs after stop, also not when it stops itself', async (t) => {
    const store = await openStore(t);
    await putMany(store, 5);
    const seen: number[] = [];
    const stop = store.watch(0, ({ seq }) => {
      seen.push(seq);
      if (seq === 3) stop();
    });
    const never = store.watch(0, () => assert.fail('called after stop'));
    never();
    await turnUntil(() => seen.length >= 3);
    await putMany(store, 3);
    assert.deepEqual(seen, [1, 2, 3]);
  });

  test('a watch that begins inside a callback misses nothing and repeats nothing', async (t) => {
    const store = await openStore(t);
    const inner: number[] = [];
    const stop = store.watch(0, ({ seq }) => {
      if (seq === 1) store.watch(0, (transaction) => inner.push(transaction.seq));
    });
    await putMany(store, 4);
    await turnUntil(() => inner.length >= 4);
    stop();
    assert.deepEqual(inner, [1, 2, 3, 4]);
  });

  test('a callback may commit', async (t) => {
    const store = await openStore(t);
    const followUps: Promise<number>[] = [];
    store.watch(0, ({ seq }) => {
      if (seq === 1) followUps.push(commitSeq(store, [{ op: 'put', key: 'b', value: 1 }]));
    });
    await commitSeq(store, [{ op: 'put', key: 'a', value: 1 }]);
    assert.deepEqual(await Promise.all(followUps), [2]);
  });

  test('a sequence that is ahead of the log belongs to another history: EXPIRED', async (t) => {
    const store = await openStore(t);
    await commitSeq(store, []);
    assert.throws(() => store.watch(2, () => {}), rejectsWith('EXPIRED'));
  });
}
