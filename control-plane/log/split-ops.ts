// SPDX-License-Identifier: Apache-2.0
import { MAX_TRANSACTION_BYTES, type Op } from './transaction.js';

/** What actor, reason and the frame of a transaction take, generously, bytes. */
export const FRAME_BYTES = 16_384;

/**
 * Splits operations into runs that fit one transaction each, keeping their order. An operation that is
 * too large by itself makes a run of its own, which the store will refuse by name.
 */
export function splitOps(
  ops: readonly Op[],
  maxBytes = MAX_TRANSACTION_BYTES,
): readonly (readonly Op[])[] {
  const runs: Op[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const op of ops) {
    const size = Buffer.byteLength(JSON.stringify(op)) + 1;
    if (bytes + size > maxBytes - FRAME_BYTES) {
      runs.push([]);
      bytes = 0;
    }
    runs.at(-1)?.push(op);
    bytes += size;
  }
  return runs;
}
