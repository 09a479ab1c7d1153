// SPDX-License-Identifier: Apache-2.0

/** JSON that the log can carry; nothing else is ever a value. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * One operation of a transaction. `expectedRevision` is the sequence that last wrote the key:
 * 0 = the key must not exist, absent = any.
 */
export type Op =
  | {
      readonly op: 'put';
      readonly key: string;
      readonly value: JsonValue;
      readonly expectedRevision?: number;
    }
  | { readonly op: 'delete'; readonly key: string; readonly expectedRevision?: number };

/** What a writer hands to the store; the store adds `seq` and the fold decides. */
export interface TransactionDraft {
  /** Who writes: an API identity, or a driver such as `reconciler`. */
  readonly actor: string;
  /** Why, for history and audit; free text. */
  readonly reason: string;
  /** Milliseconds since the Unix epoch, by the writer's clock. */
  readonly time: number;
  readonly ops: readonly Op[];
  /** Names this write for safe retries; in the format now, enforced with the push API. */
  readonly idempotencyKey?: string;
  /** The driver's lease epoch; in the format now, enforced with the fleet work. */
  readonly epoch?: number;
}

/** A transaction in the log. Sequences start at 1 and have no holes. */
export interface Transaction extends TransactionDraft {
  readonly seq: number;
}

/** One key's current value and the sequence that wrote it. */
export interface Entry {
  readonly key: string;
  readonly value: JsonValue;
  readonly revision: number;
}

/** Why the fold refused a transaction; nothing was changed. */
export interface Refusal {
  readonly key: string;
  readonly expectedRevision: number;
  /** 0 when the key does not exist. */
  readonly actualRevision: number;
  readonly message: string;
}

/** Largest encoded transaction, bytes (JetStream's default payload limit, design-control-plane §1). */
export const MAX_TRANSACTION_BYTES = 1_048_576;
