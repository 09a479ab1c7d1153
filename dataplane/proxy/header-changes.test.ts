// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HeaderChanges } from '../engine/plan.js';
import { changeHeaders } from './header-changes.js';

describe('changed headers', () => {
  type Row = readonly [string, string[], Partial<HeaderChanges>, string[]];
  const field = (name: string, value: string) => ({ name, value });
  const rows: readonly Row[] = [
    [
      'added to what is there',
      ['A', 'foo'],
      { add: [field('a', 'bar,baz')] },
      ['A', 'foo,bar,baz'],
    ],
    ['added where nothing is', ['b', '1'], { add: [field('X-A', '2')] }, ['b', '1', 'x-a', '2']],
    [
      'cookies are never joined',
      ['set-cookie', 'a'],
      { add: [field('Set-Cookie', 'b')] },
      ['set-cookie', 'a', 'set-cookie', 'b'],
    ],
    [
      'set in place of every value',
      ['a', '1', 'A', '2', 'b', '3'],
      { set: [field('a', '9')] },
      ['b', '3', 'a', '9'],
    ],
    [
      'removed, in any case',
      ['X-Secret', '1', 'b', '2', 'x-secret', '3'],
      { remove: ['x-secret'] },
      ['b', '2'],
    ],
    [
      'added, then set, then removed',
      [],
      { add: [field('a', '1'), field('b', '1')], set: [field('a', '2')], remove: ['b'] },
      ['a', '2'],
    ],
    ['nothing to do', ['a', '1'], {}, ['a', '1']],
  ];
  for (const [name, headers, changes, expected] of rows) {
    it(name, () => {
      const all = { add: [], set: [], remove: [], ...changes };
      const before = [...headers];
      assert.deepEqual(changeHeaders(headers, all, 'lowercase'), expected);
      assert.deepEqual(headers, before, 'the input is left alone');
    });
  }

  it('keep the written case when the policy says so', () => {
    const changes = { add: [], set: [field('X-Team', 'a')], remove: [] };
    assert.deepEqual(changeHeaders([], changes, 'preserve'), ['X-Team', 'a']);
  });
});
