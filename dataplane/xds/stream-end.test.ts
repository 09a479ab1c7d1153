// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classifyEnd } from './stream-end.js';

const LONG = 60_000;

const rows = [
  ['an orderly end after service', 0, '', LONG, 3, 'goodbye'],
  ['an orderly end at once', 0, '', 5, 0, 'failure'],
  ['an orderly end right after the first answer', 0, '', 20, 2, 'failure'],
  ['cancelled', 1, '', LONG, 1, 'goodbye'],
  ['deadline', 4, '', LONG, 1, 'goodbye'],
  ['unavailable: closing', 14, 'transport is closing', LONG, 1, 'goodbye'],
  ['unavailable: goaway', 14, 'received prior goaway: code: NO_ERROR', LONG, 1, 'goodbye'],
  ['unavailable: dropped', 14, 'Connection dropped', LONG, 1, 'failure'],
  ['refused token', 16, 'token is not known', LONG, 1, 'failure'],
  ['internal', 13, '', LONG, 1, 'failure'],
] as const;

describe('the end of a stream', () => {
  for (const [name, code, details, livedMs, messages, expected] of rows) {
    it(`${name} is a ${expected}`, () => {
      assert.equal(classifyEnd({ end: { code, details }, livedMs, messages }), expected);
    });
  }
});
