// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs';
import { acquireDataDirLock } from '../../control-plane/store/data-dir-lock.js';
import { openLmdbStore } from '../../control-plane/store/lmdb-store.js';

/** Keys that one transaction of this program writes, all with the same value. */
export const KEYS_PER_TRANSACTION = 4;

/**
 * Prints `ready`, waits for a line on standard input (so that it can be started ahead of its time), then
 * writes without end and prints `seq value` for every acknowledged transaction, until it is killed.
 */
async function runStoreWriter(dir: string, round: string): Promise<void> {
  writeSync(1, 'ready\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  acquireDataDirLock(dir);
  const store = await openLmdbStore({ dir, newStoreId: () => 'store-kill' });
  let count = 0;
  const writeOn = async (): Promise<void> => {
    for (;;) {
      count += 1;
      const value = `${round}-${count}`;
      const slot = count % 5;
      const ops = Array.from({ length: KEYS_PER_TRANSACTION }, (_, i) => ({
        op: 'put' as const,
        key: `slot-${slot}/${i}`,
        // Larger than an lmdb page now and then, so that overflow pages are torn at too.
        value: { value, padding: 'x'.repeat(count % 11 === 0 ? 6_000 : 100) },
      }));
      const result = await store.commit({ actor: 'writer', reason: value, time: 0, ops });
      // Written at once and by this very call: what the parent has read was acknowledged.
      if (result.ok) writeSync(1, `${result.seq} ${value}\n`);
    }
  };
  // Several at once, so that groups of transactions are torn at as well.
  await Promise.all([writeOn(), writeOn(), writeOn()]);
}

const [, main = '', dir, round] = process.argv;
if (main.endsWith('store-writer-main.ts') && dir !== undefined && round !== undefined) {
  await runStoreWriter(dir, round);
}
