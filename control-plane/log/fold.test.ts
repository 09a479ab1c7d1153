// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FoldResult, foldTransaction } from './fold.js';
import type { Op } from './transaction.js';

const revisions: { readonly [key: string]: number } = { a: 3, b: 5 };
const revisionOf = (key: string): number => revisions[key] ?? 0;

function fold(ops: readonly Op[]): FoldResult {
  return foldTransaction(revisionOf, { actor: 'test', reason: 'table', time: 0, ops });
}

describe('foldTransaction takes', () => {
  const rows: [string, Op[], [string, unknown][]][] = [
    ['nothing at all', [], []],
    ['a put without expectation', [{ op: 'put', key: 'a', value: 1 }], [['a', 1]]],
    ['a put at the revision', [{ op: 'put', key: 'a', value: 1, expectedRevision: 3 }], [['a', 1]]],
    ['a put of a new key', [{ op: 'put', key: 'n', value: 1, expectedRevision: 0 }], [['n', 1]]],
    ['a delete', [{ op: 'delete', key: 'b', expectedRevision: 5 }], [['b', undefined]]],
    ['a delete of nothing', [{ op: 'delete', key: 'n' }], [['n', undefined]]],
    [
      'several operations on one key: the last counts, expectations are about before',
      [
        { op: 'delete', key: 'a', expectedRevision: 3 },
        { op: 'put', key: 'a', value: 2, expectedRevision: 3 },
      ],
      [['a', 2]],
    ],
  ];
  for (const [name, ops, expected] of rows) {
    test(name, () => {
      const result = fold(ops);
      assert.ok(result.ok);
      assert.deepEqual(
        result.writes.map((write) => [write.key, write.value]),
        expected,
      );
    });
  }
});

describe('foldTransaction refuses', () => {
  const rows: [string, Op, number, RegExp][] = [
    [
      'a key that moved on',
      { op: 'put', key: 'a', value: 1, expectedRevision: 2 },
      3,
      /^a is at revision 3, the write expected revision 2: read it again/,
    ],
    [
      'a new key that exists',
      { op: 'put', key: 'b', value: 1, expectedRevision: 0 },
      5,
      /^b is at revision 5, the write expected no such key/,
    ],
    [
      'a key that is gone',
      { op: 'delete', key: 'n', expectedRevision: 9 },
      0,
      /^n is absent, the write expected revision 9/,
    ],
  ];
  for (const [name, op, actualRevision, message] of rows) {
    test(name, () => {
      const result = fold([{ op: 'put', key: 'free', value: 0 }, op]);
      assert.ok(!result.ok);
      assert.equal(result.refusal.key, op.key);
      assert.equal(result.refusal.expectedRevision, op.expectedRevision);
      assert.equal(result.refusal.actualRevision, actualRevision);
      assert.match(result.refusal.message, message);
    });
  }
});
