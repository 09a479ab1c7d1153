// SPDX-License-Identifier: Apache-2.0
import type { JsonValue, Op, Refusal, TransactionDraft } from './transaction.js';

/** What the fold may look at: the sequence that last wrote a key, 0 when it does not exist. */
export type RevisionOf = (key: string) => number;

/** The new value of one key; undefined removes it. */
export interface Write {
  readonly key: string;
  readonly value: JsonValue | undefined;
}

export type FoldResult =
  | { readonly ok: true; readonly writes: readonly Write[] }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * Decides whether a transaction is taken and what it writes. Every expectation is about the state
 * before the transaction; of several operations on one key the last one counts. It looks at nothing
 * but the draft and revisions, so every replica that folds the same log decides alike.
 */
export function foldTransaction(revisionOf: RevisionOf, draft: TransactionDraft): FoldResult {
  const writes = new Map<string, Write>();
  for (const op of draft.ops) {
    const refusal = checkRevision(revisionOf, op);
    if (refusal !== undefined) return { ok: false, refusal };
    writes.set(op.key, { key: op.key, value: op.op === 'put' ? op.value : undefined });
  }
  return { ok: true, writes: [...writes.values()] };
}

function checkRevision(revisionOf: RevisionOf, op: Op): Refusal | undefined {
  const { key, expectedRevision } = op;
  if (expectedRevision === undefined) return undefined;
  const actualRevision = revisionOf(key);
  if (actualRevision === expectedRevision) return undefined;
  const message = `${key} is ${describeRevision(actualRevision)}, the write expected ${describeExpectation(expectedRevision)}: read it again and repeat the change`;
  return { key, expectedRevision, actualRevision, message };
}

function describeRevision(revision: number): string {
  return revision === 0 ? 'absent' : `at revision ${revision}`;
}

function describeExpectation(revision: number): string {
  return revision === 0 ? 'no such key' : `revision ${revision}`;
}
