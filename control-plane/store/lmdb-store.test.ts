// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { TransactionDraft } from '../log/transaction.js';
import { openLmdbStore } from './lmdb-store.js';
import { describeStoreContract } from './store-contract.js';

function tempDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'heartline-store-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const newStoreId = (): string => 'id-of-a-test';

function put(key: string, value: string): TransactionDraft {
  return { actor: 'tester', reason: 'lmdb', time: 1, ops: [{ op: 'put', key, value }] };
}

describeStoreContract('lmdb store', async (t) => {
  const store = await openLmdbStore({ dir: tempDir(t), newStoreId });
  t.after(() => store.close());
  return store;
});

describe('lmdb store on disk', () => {
  test('what was committed is there after a new open: state, log, sequence, id', async (t) => {
    const dir = tempDir(t);
    const before = await openLmdbStore({ dir, newStoreId });
    await before.commit(put('a', 'one'));
    await before.commit(put('b', 'two'));
    await before.commit({ ...put('a', ''), ops: [{ op: 'delete', key: 'a' }] });
    await before.close();

    const after = await openLmdbStore({ dir, newStoreId: () => 'another id' });
    t.after(() => after.close());
    assert.equal(after.storeId, 'id-of-a-test');
    assert.equal(after.lastSeq(), 3);
    assert.deepEqual(after.list('').entries, [{ key: 'b', value: 'two', revision: 2 }]);
    const seen = await new Promise<unknown[]>((resolve) => {
      const keys: unknown[] = [];
      after.watch(0, ({ seq, ops }) => {
        keys.push([seq, ops[0]?.op, ops[0]?.key]);
        if (seq === 3) resolve(keys);
      });
    });
    assert.deepEqual(seen, [
      [1, 'put', 'a'],
      [2, 'put', 'b'],
      [3, 'delete', 'a'],
    ]);
    assert.deepEqual(await after.commit(put('c', 'three')), { ok: true, seq: 4 });
  });

  test('files are for their owner only', async (t) => {
    const dir = join(tempDir(t), 'made', 'here');
    const store = await openLmdbStore({ dir, newStoreId });
    t.after(() => store.close());
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    for (const file of readdirSync(dir)) {
      assert.equal(statSync(join(dir, file)).mode & 0o777, 0o600, file);
    }
  });

  test('a newer format is refused in one sentence, and stays untouched', async (t) => {
    const dir = tempDir(t);
    const newer = await openLmdbStore({ dir, newStoreId, format: { current: 2 } });
    await newer.commit(put('a', 'one'));
    await newer.close();
    await assert.rejects(openLmdbStore({ dir, newStoreId }), (thrown) => {
      assert.ok(thrown instanceof HeartlineError);
      assert.equal(thrown.code, 'FORMAT_TOO_NEW');
      assert.equal(
        thrown.message,
        `${dir}/store.mdb has format 2 and this build reads up to format 1: start the build that wrote it, or use another data directory`,
      );
      return true;
    });
    const again = await openLmdbStore({ dir, newStoreId, format: { current: 2 } });
    t.after(() => again.close());
    assert.equal(again.get('a')?.value, 'one');
  });

  test('an older format is migrated step by step, after a backup', async (t) => {
    const dir = tempDir(t);
    const older = await openLmdbStore({ dir, newStoreId });
    await older.commit(put('a', 'one'));
    await older.close();
    const steps: number[] = [];
    const migrations = new Map([
      [1, () => void steps.push(1)],
      [2, () => void steps.push(2)],
    ]);
    const migrated = await openLmdbStore({ dir, newStoreId, format: { current: 3, migrations } });
    await migrated.close();
    assert.deepEqual(steps, [1, 2]);
    assert.ok(readdirSync(dir).includes('store.mdb.format-1.backup'), readdirSync(dir).join());
    const again = await openLmdbStore({ dir, newStoreId, format: { current: 3, migrations } });
    t.after(() => again.close());
    assert.deepEqual(steps, [1, 2]);
    assert.equal(again.get('a')?.value, 'one');
  });

  test('a format without a way to this one is refused', async (t) => {
    const dir = tempDir(t);
    await (await openLmdbStore({ dir, newStoreId })).close();
    await assert.rejects(
      openLmdbStore({ dir, newStoreId, format: { current: 2 } }),
      (thrown) => thrown instanceof HeartlineError && thrown.code === 'CONFIG',
    );
  });

  // lmdb-js would end the process on each of these.
  const damages: [string, (path: string) => void, string][] = [
    [
      'a foreign file',
      (path) => writeFileSync(path, 'this is no lmdb file '.repeat(1_000)),
      'is not a store of Heartline: move it away, or use another data directory',
    ],
    [
      'a short foreign file',
      (path) => writeFileSync(path, 'short'),
      'is not a store of Heartline: move it away, or use another data directory',
    ],
    [
      'a file without its end',
      (path) => truncateSync(path, 16_384),
      'is damaged, its end is missing: restore the data directory from a copy',
    ],
    [
      'a file without anything but its first page',
      (path) => truncateSync(path, 4_096),
      'is damaged, its end is missing: restore the data directory from a copy',
    ],
  ];
  for (const [name, damage, message] of damages) {
    test(`${name} is named and left alone`, async (t) => {
      const dir = tempDir(t);
      const path = join(dir, 'store.mdb');
      const store = await openLmdbStore({ dir, newStoreId });
      for (let i = 0; i < 20; i += 1) await store.commit(put(`key ${i}`, 'x'.repeat(4_096)));
      await store.close();
      damage(path);
      const { size } = statSync(path);
      await assert.rejects(openLmdbStore({ dir, newStoreId }), (thrown) => {
        assert.ok(thrown instanceof HeartlineError);
        assert.equal(thrown.code, 'STORE_FAILED');
        assert.equal(thrown.message, `${path} ${message}`);
        return true;
      });
      assert.equal(statSync(path).size, size);
    });
  }

  test('an empty file is a new store', async (t) => {
    const dir = tempDir(t);
    writeFileSync(join(dir, 'store.mdb'), '');
    const store = await openLmdbStore({ dir, newStoreId });
    t.after(() => store.close());
    assert.deepEqual(await store.commit(put('a', 'one')), { ok: true, seq: 1 });
  });
});
