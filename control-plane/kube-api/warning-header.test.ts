// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseWarnings, renderWarning } from './warning-header.js';

describe('warning headers', () => {
  for (const [text, expected] of [
    ['unknown field "spec.x"', 'unknown field "spec.x"'],
    ['a \\ and, "b"', 'a \\ and, "b"'],
    ['two\r\nlines', 'two??lines'],
    ['größer', 'gr??er'],
  ] as const) {
    it(`carry ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseWarnings(renderWarning(text)), [expected]);
    });
  }

  it('are told apart when they are joined', () => {
    const joined = ['a, 299 - b', 'c"d'].map(renderWarning).join(', ');
    assert.deepEqual(parseWarnings(joined), ['a, 299 - b', 'c"d']);
  });

  it('may be absent', () => assert.deepEqual(parseWarnings(undefined), []));
});
