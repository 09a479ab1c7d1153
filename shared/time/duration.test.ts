// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatGoDuration,
  fromWireDurationMs,
  parseDurationMs,
  toWireDuration,
} from './duration.js';

const PARSED: readonly (readonly [string, number | undefined])[] = [
  ['30s', 30_000],
  ['1m30s', 90_000],
  ['1h2m3s4ms', 3_723_004],
  ['99999h', 359_996_400_000],
  ['0s', 0],
  ['', undefined],
  ['30', undefined],
  ['1.5s', undefined],
  ['-1s', undefined],
  ['10minutes', undefined],
  ['100000s', undefined],
  ['1s1s1s1s1s', undefined],
  ['1us', undefined],
];

test('GEP-2257 durations are read, and nothing else', () => {
  for (const [text, expected] of PARSED) assert.equal(parseDurationMs(text), expected, text);
});

const FORMATTED: readonly (readonly [number, string])[] = [
  [0, '0s'],
  [250, '250ms'],
  [1500, '1.5s'],
  [30_000, '30s'],
  [60_000, '1m0s'],
  [120_000, '2m0s'],
  [245_000, '4m5s'],
  [600_000, '10m0s'],
  [3_600_000, '1h0m0s'],
  [18_367_001, '5h6m7.001s'],
];

test('durations are written as Go writes them', () => {
  for (const [ms, expected] of FORMATTED) assert.equal(formatGoDuration(ms), expected);
});

test('wire durations keep every millisecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 359_996_400_000 }), (ms) => {
      assert.equal(fromWireDurationMs(toWireDuration(ms)), ms);
    }),
  );
});

test('a negative wire duration counts as zero', () => {
  assert.equal(fromWireDurationMs({ seconds: -5 }), 0);
});
