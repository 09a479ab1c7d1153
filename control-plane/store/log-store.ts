// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { foldTransaction, type Write } from '../log/fold.js';
import type { Entry, Transaction, TransactionDraft } from '../log/transaction.js';
import { type EncodedDraft, encodeDraft } from './encode-draft.js';
import { createFoldedState, type FoldedState } from './folded-state.js';
import type { Batch, LogRecord, Medium, StoredState } from './medium.js';
import type { CommitResult, Store } from './store.js';
import { createWatchHub } from './watch-hub.js';

/** Bounds what one write to the medium carries, so that a flood of commits cannot make it huge. */
const MAX_GROUP_BYTES = 8 * 1_048_576;

interface Pending extends EncodedDraft {
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: HeartlineError) => void;
}

/** A group of drafts after the fold: what each one gets, and what has to be stored for that. */
interface FoldedGroup {
  readonly results: readonly CommitResult[];
  readonly transactions: readonly Transaction[];
  readonly writes: readonly (readonly Write[])[];
  readonly batch: Batch;
}

/**
 * The store over a medium: folds drafts in the order of `commit`, makes them durable (those that came
 * while the medium was busy go together), shows them to readers, hands them to watchers, and then
 * answers the writers.
 */
export function createLogStore(medium: Medium, stored: StoredState): Store {
  const state = createFoldedState(stored.entries);
  let lastSeq = stored.lastSeq;
  const queue: Pending[] = [];
  let draining: Promise<void> | undefined;
  let closed = false;

  const hub = createWatchHub({
    firstSeq: () => medium.firstSeq(),
    lastSeq: () => lastSeq,
    read: (afterSeq, limit) => medium.read(afterSeq, limit).map(toTransaction),
  });

  const commitGroup = async (group: readonly Pending[]): Promise<void> => {
    const folded = foldGroup(state, lastSeq, group);
    if (folded.transactions.length > 0) {
      try {
        await medium.append(folded.batch);
      } catch (cause) {
        // The refused ones too: they may have been refused because of a write that was not stored.
        for (const pending of group) pending.reject(storeFailed(cause));
        return;
      }
    }
    folded.transactions.forEach(({ seq }, i) => {
      state.apply(folded.writes[i] ?? [], seq);
      lastSeq = seq;
    });
    hub.deliver(folded.transactions);
    folded.results.forEach((result, i) => {
      group[i]?.resolve(result);
    });
  };

  const drain = async (): Promise<void> => {
    while (queue.length > 0) await commitGroup(takeGroup(queue));
    draining = undefined;
  };

  return {
    storeId: stored.storeId,
    lastSeq: () => lastSeq,
    get: (key) => state.get(key),
    list: (prefix) => ({ entries: state.list(prefix), seq: lastSeq }),
    watch: (afterSeq, onTransaction) => hub.watch(afterSeq, onTransaction),
    async commit(draft) {
      if (closed) throw new HeartlineError('UNAVAILABLE', 'the store is closed: the process stops');
      const encoded = encodeDraft(draft);
      return new Promise<CommitResult>((resolve, reject) => {
        queue.push({ ...encoded, resolve, reject });
        draining ??= drain();
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      hub.stopAll();
      await draining;
      await medium.close();
    },
  };
}

function takeGroup(queue: Pending[]): Pending[] {
  let bytes = 0;
  let count = 0;
  for (const pending of queue) {
    bytes += pending.bytes;
    if (count > 0 && bytes > MAX_GROUP_BYTES) break;
    count += 1;
  }
  return queue.splice(0, count);
}

/** Folds each draft over the state as the ones before it in the group leave it. */
function foldGroup(state: FoldedState, lastSeq: number, group: readonly Pending[]): FoldedGroup {
  const results: CommitResult[] = [];
  const transactions: Transaction[] = [];
  const records: LogRecord[] = [];
  const writes: (readonly Write[])[] = [];
  const entries = new Map<string, Entry | undefined>();
  const revisionOf = (key: string): number =>
    entries.has(key) ? (entries.get(key)?.revision ?? 0) : state.revisionOf(key);

  for (const { draft, text } of group) {
    const folded = foldTransaction(revisionOf, draft);
    if (!folded.ok) {
      results.push(folded);
      continue;
    }
    const seq = lastSeq + records.length + 1;
    for (const { key, value } of folded.writes) {
      entries.set(key, value === undefined ? undefined : { key, value, revision: seq });
    }
    results.push({ ok: true, seq });
    transactions.push({ ...draft, seq });
    records.push({ seq, text });
    writes.push(folded.writes);
  }
  return { results, transactions, writes, batch: { records, entries } };
}

function toTransaction({ seq, text }: LogRecord): Transaction {
  return { ...(JSON.parse(text) as TransactionDraft), seq };
}

function storeFailed(cause: unknown): HeartlineError {
  if (cause instanceof HeartlineError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new HeartlineError(
    'STORE_FAILED',
    `the store refused the write and nothing was changed (${message}): make room or repair the disk, then repeat`,
    { cause },
  );
}
