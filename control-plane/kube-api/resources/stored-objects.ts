// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Clock } from '../../../shared/time/clock.js';
import type { Kind } from '../../policy/kinds.js';
import type { StopWatch, Store } from '../../store/store.js';
import { createLogFollower } from './log-follower.js';
import type { ObjectView } from './object-view.js';

/** Transactions read back from the log at the start, so that clients go on where they were before a restart. */
const PRIMED_REVISIONS = 12_000;

export interface StoredObjects {
  readonly views: ReadonlyMap<Kind, ObjectView>;
  readonly stop: StopWatch;
}

export interface StoredObjectsOptions {
  readonly store: Pick<Store, 'get' | 'list' | 'watch' | 'lastSeq'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly kinds: readonly Kind[];
}

/** One view for each kind, over the log; ready once the newest part of the log was read. */
export async function followStoredObjects(options: StoredObjectsOptions): Promise<StoredObjects> {
  const newest = options.store.lastSeq();
  const { views, stop, caughtUp } = startAt(options, Math.max(0, newest - PRIMED_REVISIONS));
  await caughtUp;
  return { views, stop };
}

function startAt(options: StoredObjectsOptions, since: number): Following {
  try {
    return follow(options, since);
  } catch (thrown) {
    if (!(thrown instanceof HeartlineError) || thrown.code !== 'EXPIRED') throw thrown;
    // The log was cut behind that; clients list again.
    return follow(options, options.store.lastSeq());
  }
}

interface Following extends StoredObjects {
  readonly caughtUp: Promise<void>;
}

function follow(options: StoredObjectsOptions, since: number): Following {
  const { store } = options;
  const follower = createLogFollower({ ...options, since });
  let stop: StopWatch = () => {};
  const caughtUp = new Promise<void>((resolve) => {
    let isBehind = true;
    const settle = (): void => {
      if (!isBehind || follower.version() < store.lastSeq()) return;
      isBehind = false;
      follower.complete();
      resolve();
    };
    stop = store.watch(since, (transaction) => {
      follower.take(transaction);
      settle();
    });
    settle();
  });
  return { views: follower.views, stop: () => stop(), caughtUp };
}
