// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ageOf, formatAge } from './age.js';
import { renderTable } from './table.js';

describe('tables', () => {
  it('aligns columns three blanks apart and marks empty cells', () => {
    assert.equal(
      renderTable(
        ['NAME', 'AGE'],
        [
          ['a', '1s'],
          ['longer', ''],
        ],
      ),
      'NAME     AGE\na        1s\nlonger   -',
    );
  });

  for (const [ms, expected] of [
    [-5, '0ms'],
    [0, '0ms'],
    [999, '999ms'],
    [1000, '1.0s'],
    [9999, '9.9s'],
    [10_000, '10s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [185_000, '3m5s'],
    [7_800_000, '2h10m'],
    [86_400_000, '1d'],
    [443_000_000, '5d3h'],
  ] as const) {
    it(`${ms} ms is ${expected}`, () => assert.equal(formatAge(ms), expected));
  }

  for (const [timestamp, expected] of [
    [undefined, ''],
    ['no time', ''],
    ['1970-01-01T00:00:10Z', '20s'],
    ['1970-01-01T00:01:00Z', '0ms'],
  ] as const) {
    it(`the age of ${timestamp} is ${JSON.stringify(expected)}`, () => {
      assert.equal(ageOf(timestamp, 30_000), expected);
    });
  }
});
