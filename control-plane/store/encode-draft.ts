// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { MAX_TRANSACTION_BYTES, type TransactionDraft } from '../log/transaction.js';

/** Longest key, bytes of UTF-8; lmdb takes 1978, NATS subjects are shorter than that in practice. */
const MAX_KEY_BYTES = 1024;

/** Control characters, and halves of surrogate pairs, which UTF-8 cannot hold. */
const UNFIT_FOR_KEYS = /\p{Cc}|\p{Surrogate}/u;

/** A draft in the form that is stored, and read back from that form. */
export interface EncodedDraft {
  readonly text: string;
  readonly bytes: number;
  /** A copy: what the writer does with its own values afterwards changes nothing. */
  readonly draft: TransactionDraft;
}

/** Throws INVALID_ARGUMENT for a key no medium can hold, TOO_LARGE above MAX_TRANSACTION_BYTES. */
export function encodeDraft(wanted: TransactionDraft): EncodedDraft {
  for (const { key } of wanted.ops) checkKey(key);
  const text = JSON.stringify(wanted);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_TRANSACTION_BYTES) {
    throw new HeartlineError(
      'TOO_LARGE',
      `the transaction is ${bytes} bytes, the limit is ${MAX_TRANSACTION_BYTES}: split the change into smaller ones`,
    );
  }
  return { text, bytes, draft: JSON.parse(text) as TransactionDraft };
}

function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  const holdable = bytes > 0 && bytes <= MAX_KEY_BYTES && !UNFIT_FOR_KEYS.test(key);
  if (holdable) return;
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(key.slice(0, 80))} is no key: 1 to ${MAX_KEY_BYTES} bytes of well-formed text without control characters`,
  );
}
