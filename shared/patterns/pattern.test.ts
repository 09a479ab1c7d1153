// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePattern } from './pattern.js';

describe('patterns', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['/v[0-9]+/.*', '/v12/users', true],
    ['/v[0-9]+', '/v12/users', false],
    ['v1', '/v1', false],
    ['a|ab', 'ab', true],
    ['(?i)/api', '/API', true],
    ['.*', '', true],
    ['\\p{L}+', 'straße', true],
  ];
  for (const [source, text, expected] of rows) {
    it(`${source} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () => {
      const pattern = parsePattern(source);
      assert.ok(typeof pattern !== 'string', String(pattern));
      assert.equal(pattern.matches(text), expected);
    });
  }

  for (const source of ['(', 'a(?=b)', '(a)\\1', '*a']) {
    it(`${source} is refused with its reason`, () => {
      const problem = parsePattern(source);
      assert.ok(typeof problem === 'string');
      assert.match(problem, /no regular expression in RE2 syntax \(.+\)/);
    });
  }

  it('take linear time where a backtracking engine takes exponential time', () => {
    const pattern = parsePattern('(a+)+b');
    assert.ok(typeof pattern !== 'string');
    // 2^40000 steps would not end; the bound is generous for a busy machine.
    const startMs = performance.now();
    assert.equal(pattern.matches('a'.repeat(40_000)), false);
    assert.ok(performance.now() - startMs < 1000);
  });
});
