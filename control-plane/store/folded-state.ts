// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { Write } from '../log/fold.js';
import type { Entry } from '../log/transaction.js';

/** The state that the log folds to, in memory: reads cost no disk and no decoding. */
export interface FoldedState {
  get(key: string): Entry | undefined;
  /** Sequence that last wrote the key, 0 when it does not exist. */
  revisionOf(key: string): number;
  /** Sorted by key. */
  list(prefix: string): readonly Entry[];
  apply(writes: Iterable<Write>, seq: number): void;
}

export function createFoldedState(entries: Iterable<Entry> = []): FoldedState {
  const byKey = new Map<string, Entry>();
  for (const entry of entries) byKey.set(entry.key, entry);
  // Kept sorted all the time: a list is a search and a walk, a write of a known key moves nothing.
  const sortedKeys = [...byKey.keys()].sort(compareText);

  const put = (entry: Entry): void => {
    if (!byKey.has(entry.key)) sortedKeys.splice(lowerBound(sortedKeys, entry.key), 0, entry.key);
    byKey.set(entry.key, entry);
  };
  const remove = (key: string): void => {
    if (byKey.delete(key)) sortedKeys.splice(lowerBound(sortedKeys, key), 1);
  };

  return {
    get: (key) => byKey.get(key),
    revisionOf: (key) => byKey.get(key)?.revision ?? 0,
    list(prefix) {
      const found: Entry[] = [];
      for (let i = lowerBound(sortedKeys, prefix); i < sortedKeys.length; i += 1) {
        const key = sortedKeys[i];
        if (key === undefined || !key.startsWith(prefix)) break;
        const entry = byKey.get(key);
        if (entry !== undefined) found.push(entry);
      }
      return found;
    },
    apply(writes, seq) {
      for (const { key, value } of writes) {
        if (value === undefined) remove(key);
        else put({ key, value, revision: seq });
      }
    },
  };
}

/** Index of the first key that is not before `wanted`. */
function lowerBound(sortedKeys: readonly string[], wanted: string): number {
  let low = 0;
  let high = sortedKeys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sortedKeys[middle] ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
