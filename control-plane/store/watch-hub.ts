// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Transaction } from '../log/transaction.js';
import type { StopWatch } from './store.js';

/** Records read per turn of the event loop while a watcher catches up, so that others get theirs. */
const REPLAY_CHUNK = 256;

export interface WatchedLog {
  firstSeq(): number;
  lastSeq(): number;
  read(afterSeq: number, limit: number): readonly Transaction[];
}

/** Every watcher of one log: each first catches up from the log, then is handed what is appended. */
export interface WatchHub {
  watch(afterSeq: number, onTransaction: (transaction: Transaction) => void): StopWatch;
  /** Called with what was appended, after it became durable and visible. */
  deliver(transactions: readonly Transaction[]): void;
  stopAll(): void;
}

interface Watcher {
  /** `replaying` reads from the log and ignores deliveries; `live` is handed each one. */
  phase: 'replaying' | 'live' | 'stopped';
  /** Sequence handed out last. */
  cursor: number;
  pump: NodeJS.Immediate | undefined;
  readonly onTransaction: (transaction: Transaction) => void;
}

export function createWatchHub(log: WatchedLog): WatchHub {
  const watchers = new Set<Watcher>();

  const replay = (watcher: Watcher): void => {
    watcher.pump = undefined;
    hand(watcher, log.read(watcher.cursor, REPLAY_CHUNK));
    if (watcher.phase === 'replaying') settle(watcher);
  };
  const settle = (watcher: Watcher): void => {
    if (watcher.cursor >= log.lastSeq()) watcher.phase = 'live';
    else watcher.pump = setImmediate(replay, watcher);
  };
  const stop = (watcher: Watcher): void => {
    watcher.phase = 'stopped';
    if (watcher.pump !== undefined) clearImmediate(watcher.pump);
    watchers.delete(watcher);
  };

  return {
    watch(afterSeq, onTransaction) {
      checkStart(log, afterSeq);
      const watcher: Watcher = {
        phase: 'replaying',
        cursor: afterSeq,
        pump: undefined,
        onTransaction,
      };
      watchers.add(watcher);
      settle(watcher);
      return () => stop(watcher);
    },
    deliver(transactions) {
      for (const watcher of [...watchers]) {
        if (watcher.phase === 'live') hand(watcher, transactions);
      }
    },
    stopAll() {
      for (const watcher of [...watchers]) stop(watcher);
    },
  };
}

function hand(watcher: Watcher, transactions: readonly Transaction[]): void {
  for (const transaction of transactions) {
    // Checked each time: the callback may stop the watch; and a watch that began inside another
    // watcher's callback may already hold the first of these.
    if (watcher.phase === 'stopped') return;
    if (transaction.seq <= watcher.cursor) continue;
    watcher.cursor = transaction.seq;
    try {
      watcher.onTransaction(transaction);
    } catch (thrown) {
      // The transaction is durable, so its writer must not fail; the watcher's bug must still surface.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }
}

function checkStart(log: WatchedLog, afterSeq: number): void {
  if (afterSeq < log.firstSeq() - 1) {
    throw new HeartlineError(
      'EXPIRED',
      `the log begins at ${log.firstSeq()}, what followed ${afterSeq} is no longer in it: list again and watch from the list's resourceVersion`,
    );
  }
  if (afterSeq > log.lastSeq()) {
    throw new HeartlineError(
      'EXPIRED',
      `the log ends at ${log.lastSeq()}, so ${afterSeq} belongs to another history: list again and watch from the list's resourceVersion`,
    );
  }
}
