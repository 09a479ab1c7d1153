// SPDX-License-Identifier: Apache-2.0
import type { Entry } from '../log/transaction.js';

/** A transaction as it lies in the log. */
export interface LogRecord {
  readonly seq: number;
  /** JSON of the TransactionDraft. */
  readonly text: string;
}

/** Transactions that become durable together, and the state they fold to. */
export interface Batch {
  /** Ascending, without holes, the first one right after the last one stored. */
  readonly records: readonly LogRecord[];
  /** The last write of each key; undefined removes it. */
  readonly entries: ReadonlyMap<string, Entry | undefined>;
}

/** What a store reads once, when it opens. */
export interface StoredState {
  readonly entries: readonly Entry[];
  readonly lastSeq: number;
  readonly storeId: string;
}

/** Where bytes rest: the only thing in which the embedded stores differ. */
export interface Medium {
  /** All or nothing, durable when it resolves. Rejects when the medium refuses: nothing was stored. */
  append(batch: Batch): Promise<void>;
  /** At most `limit` records with seq > `afterSeq`, ascending. */
  read(afterSeq: number, limit: number): readonly LogRecord[];
  /** Sequence of the oldest record still in the log, 1 for an empty log. */
  firstSeq(): number;
  close(): Promise<void>;
}
