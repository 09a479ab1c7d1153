// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainText, shownText } from './log-line.js';

const line = (fields: object): string =>
  JSON.stringify({ level: 'warn', time: 't', name: 'n', msg: 'bind failed', ...fields });

describe('lines of children', () => {
  for (const [name, text, expected] of [
    ['a warning', line({ port: 80 }), 'bind failed port=80'],
    [
      'an error with its cause',
      line({ level: 'error', err: { message: 'EACCES' } }),
      'bind failed (EACCES)',
    ],
    ['information', line({ level: 'info' }), undefined],
    ['text', 'Error: boom', undefined],
    ['half a line', '{"level":"warn"', undefined],
  ] as const) {
    it(`${name} is ${expected === undefined ? 'not ' : ''}shown`, () => {
      assert.equal(shownText(text), expected);
    });
  }

  it('any line has a plain text', () => {
    assert.equal(plainText(line({ level: 'info' })), 'bind failed');
    assert.equal(plainText(' Error: boom '), 'Error: boom');
  });
});
