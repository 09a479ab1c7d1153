// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { TransactionDraft } from '../../control-plane/log/transaction.js';
import { openLmdbStore } from '../../control-plane/store/lmdb-store.js';
import type { Store } from '../../control-plane/store/store.js';
import { HeartlineError } from '../../shared/errors/heartline-error.js';

const skip = process.getuid?.() === 0 ? false : 'mounting a small tmpfs needs root';
const newStoreId = (): string => 'full-disk';

function draft(i: number): TransactionDraft {
  const ops = ['a', 'b'].map((name) => ({
    op: 'put' as const,
    key: `${name}/${i}`,
    value: 'x'.repeat(10_000),
  }));
  return { actor: 'tester', reason: `${i}`, time: 0, ops };
}

/** A directory with room for `bytes`. */
function smallDisk(t: TestContext, bytes: number): string {
  const dir = mkdtempSync(join(tmpdir(), 'heartline-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'heartline-test', dir]);
  assert.equal(mounted.status, 0, String(mounted.stderr));
  t.after(() => {
    spawnSync('umount', ['--lazy', dir]);
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

/** Takes every byte that is left. */
function fill(dir: string): string {
  const path = join(dir, 'ballast');
  const { bavail, bsize } = statfsSync(dir);
  writeFileSync(path, Buffer.alloc(bavail * bsize));
  return path;
}

test('a full disk: STORE_FAILED names it, nothing is lost or half written, room heals', {
  skip,
}, async (t) => {
  const dir = smallDisk(t, 3_000_000);
  const store = await openLmdbStore({ dir, newStoreId });
  for (let i = 1; i <= 5; i += 1) await store.commit(draft(i));
  const ballast = fill(dir);
  let stored = 5;
  // lmdb may still have free pages of its own; each try is whole or not at all.
  for (let i = 6; i <= 20; i += 1) {
    const before = store.list('');
    try {
      await store.commit(draft(i));
      stored += 1;
    } catch (thrown) {
      assert.ok(thrown instanceof HeartlineError, String(thrown));
      assert.equal(thrown.code, 'STORE_FAILED');
      assert.match(
        thrown.message,
        /store\.mdb could not be written.*the disk is full \(\d+ bytes free\)/,
      );
      assert.deepEqual(store.list(''), before);
    }
  }
  assert.ok(stored < 20, 'the disk never became full');
  assert.equal(store.lastSeq(), stored);

  await store.close();
  const reopened = await openLmdbStore({ dir, newStoreId });
  t.after(() => reopened.close());
  assert.equal(reopened.lastSeq(), stored, 'a full disk must not keep a store from opening');
  assert.equal(reopened.list('').entries.length, 2 * stored);
  await assert.rejects(reopened.commit(draft(21)), /the disk is full/);

  rmSync(ballast);
  assert.deepEqual(await reopened.commit(draft(22)), { ok: true, seq: stored + 1 });
  assert.equal(reopened.list('').entries.length, 2 * (stored + 1));
});

test('hundreds of writes of any size on a full disk: each is whole or refused, the process lives, the data opens', {
  skip,
}, async (t) => {
  const dir = smallDisk(t, 20_000_000);
  let store = await openLmdbStore({ dir, newStoreId });
  let stored = 0;
  for (let round = 0; round < 4; round += 1) {
    const ballast = fill(dir);
    const results = await Promise.allSettled(
      Array.from({ length: 150 }, (_, i) => commitSoon(store, i)),
    );
    stored += results.filter(({ status }) => status === 'fulfilled').length;
    assert.ok(stored < 150 * (round + 1), 'the disk never became full');
    for (const result of results) {
      if (result.status === 'rejected') assert.match(String(result.reason), /the disk is full/);
    }
    await store.close();
    store = await openLmdbStore({ dir, newStoreId });
    assert.equal(store.lastSeq(), stored, `round ${round}`);
    rmSync(ballast);
    await store.commit(draft(1_000 + round));
    stored += 1;
  }
  await store.close();
});

/** One to five values of up to 8 KB, at a turn of its own so that groups of any size are committed. */
async function commitSoon(store: Store, i: number): Promise<void> {
  await setTimeout((i * 37) % 60);
  const ops = Array.from({ length: 1 + (i % 5) }, (_, n) => ({
    op: 'put' as const,
    key: `key/${(i * 5 + n) % 50}`,
    value: 'x'.repeat(((i + n) * 7919) % 8_192),
  }));
  await store.commit({ actor: 'tester', reason: 'any size', time: 0, ops });
}

test('a store copied with holes in its file gets its room back when it is opened', {
  skip,
}, async (t) => {
  const dir = smallDisk(t, 8_000_000);
  const store = await openLmdbStore({ dir, newStoreId });
  await store.commit(draft(1));
  await store.close();
  const path = join(dir, 'store.mdb');
  execFileSync('fallocate', ['--dig-holes', path]);
  assert.ok(statSync(path).blocks * 512 < statSync(path).size, 'the copy has holes');
  const reopened = await openLmdbStore({ dir, newStoreId });
  t.after(() => reopened.close());
  assert.ok(statSync(path).blocks * 512 >= statSync(path).size);
  assert.equal(reopened.list('').entries.length, 2);
});

test('no room for a new store: STORE_FAILED instead of a crash', { skip }, async (t) => {
  const dir = smallDisk(t, 65_536);
  fill(dir);
  await assert.rejects(openLmdbStore({ dir, newStoreId }), (thrown) => {
    assert.ok(thrown instanceof HeartlineError);
    assert.equal(thrown.code, 'STORE_FAILED');
    assert.match(
      thrown.message,
      /store\.mdb could not be opened: the disk is full \(0 bytes free\)/,
    );
    return true;
  });
});
