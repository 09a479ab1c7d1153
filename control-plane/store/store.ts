// SPDX-License-Identifier: Apache-2.0
import type { Entry, Refusal, Transaction, TransactionDraft } from '../log/transaction.js';

export type CommitResult =
  | { readonly ok: true; readonly seq: number }
  | { readonly ok: false; readonly refusal: Refusal };

export interface ListResult {
  /** Sorted by key. */
  readonly entries: readonly Entry[];
  /** Sequence of the state that was read; pass it to `watch` to miss nothing. */
  readonly seq: number;
}

/** Stops a watch; no callback runs after it returns. */
export type StopWatch = () => void;

/**
 * The one log and its folded state. Every implementation passes `store-contract.ts`;
 * memory and lmdb must be indistinguishable.
 */
export interface Store {
  /**
   * Appends one transaction and folds it, durably, before the promise settles. Refused transactions
   * change nothing. Throws HeartlineError TOO_LARGE above MAX_TRANSACTION_BYTES and STORE_FAILED when
   * the medium refuses (disk full): nothing was stored then, and later commits may succeed.
   */
  commit(draft: TransactionDraft): Promise<CommitResult>;
  get(key: string): Entry | undefined;
  /** Every entry whose key starts with `prefix`, and the sequence it was read at. */
  list(prefix: string): ListResult;
  /**
   * Calls `onTransaction` for every transaction with seq > `afterSeq`, in order, exactly once, first
   * from the log and then live. Throws EXPIRED when the log was truncated past `afterSeq`.
   */
  watch(afterSeq: number, onTransaction: (transaction: Transaction) => void): StopWatch;
  /** Sequence of the newest transaction, 0 for an empty log. */
  lastSeq(): number;
  /** A random id given when the data was created: two stores with one id hold one history. */
  readonly storeId: string;
  close(): Promise<void>;
}
