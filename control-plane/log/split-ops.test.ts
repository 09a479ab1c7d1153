// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { splitOps } from './split-ops.js';
import type { Op } from './transaction.js';

describe('splitOps', () => {
  const op = (bytes: number): Op => ({ op: 'put', key: 'k', value: 'x'.repeat(bytes) });
  const rows: [string, number[], number[]][] = [
    ['nothing', [], []],
    ['one run when all fit', [100, 100, 100], [3]],
    ['a new run where the limit is reached', [2_000, 2_000, 2_000], [1, 1, 1]],
    ['an operation over the limit goes alone', [10, 9_000, 10], [1, 1, 1]],
  ];
  for (const [name, sizes, expected] of rows) {
    test(name, () => {
      const ops = sizes.map(op);
      const runs = splitOps(ops, 16_384 + 3_000);
      assert.deepEqual(
        runs.map((run) => run.length),
        expected,
      );
      assert.deepEqual(runs.flat(), ops);
    });
  }
});
