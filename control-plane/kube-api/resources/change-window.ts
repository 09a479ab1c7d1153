// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Clock } from '../../../shared/time/clock.js';
import type { ObservedChange } from './object-view.js';

/** Revisions of the whole history whose changes are kept at least, and for how long: a client may be away that long. */
const MIN_REVISIONS = 10_000;
const MIN_AGE_MS = 600_000;
/** Changes of one kind kept at most, whatever their age: a flood must not fill the memory. */
const MAX_CHANGES = 50_000;

/** The newest changes of one kind, oldest first. */
export interface ChangeWindow {
  /** `newest` is the version of the whole history. */
  add(change: ObservedChange, newest: number): void;
  /**
   * The changes with a version above `after`. Throws EXPIRED when older ones were let go, or `after` is of
   * another history.
   */
  after(after: number, newest: number): readonly ObservedChange[];
}

interface Kept {
  readonly change: ObservedChange;
  readonly atMs: number;
}

export function createChangeWindow(options: {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Changes up to this version are not known. */
  readonly since: number;
}): ChangeWindow {
  const { clock } = options;
  let floor = options.since;
  // Let go from the front by moving `first`; the array is cut when half of it is gone.
  let kept: Kept[] = [];
  let first = 0;

  const isDue = ({ change, atMs }: Kept, newest: number, nowMs: number): boolean =>
    kept.length - first > MAX_CHANGES ||
    (change.version <= newest - MIN_REVISIONS && nowMs - atMs > MIN_AGE_MS);
  const letGo = (newest: number): void => {
    const nowMs = clock.monotonicMs();
    for (let one = kept[first]; one !== undefined && isDue(one, newest, nowMs); one = kept[first]) {
      floor = one.change.version;
      first += 1;
    }
    if (first > 1_024 && first * 2 > kept.length) {
      kept = kept.slice(first);
      first = 0;
    }
  };

  return {
    add(change, newest) {
      kept.push({ change, atMs: clock.monotonicMs() });
      letGo(newest);
    },
    after(after, newest) {
      if (after < floor) {
        throw new HeartlineError('EXPIRED', `too old resource version: ${after} (${floor})`);
      }
      if (after > newest) {
        throw new HeartlineError('EXPIRED', `too new resource version: ${after} (${newest})`);
      }
      const start = firstAbove(kept, first, after);
      return kept.slice(start).map(({ change }) => change);
    },
  };
}

/** Index of the first change with a version above `after`, by halving. */
function firstAbove(kept: readonly Kept[], from: number, after: number): number {
  let low = from;
  let high = kept.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((kept[middle]?.change.version ?? 0) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
