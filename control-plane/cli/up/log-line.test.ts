// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isError, plainText, shownText } from './log-line.js';

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
    [
      'a drain',
      line({
        level: 'info',
        msg: 'draining',
        left: 3,
        hardEndSeconds: 7,
        byProtocol: { h2: 1, tcp: 2 },
      }),
      'draining: 3 connections left (h2 1, tcp 2), 7 s to the hard end',
    ],
    ['text', 'Error: boom', undefined],
    ['half a line', '{"level":"warn"', undefined],
  ] as const) {
    it(`${name} is ${expected === undefined ? 'not ' : ''}shown`, () => {
      assert.equal(shownText(text), expected);
    });
  }

  for (const [text, expected] of [
    [line({ level: 'error' }), true],
    [line({ level: 'fatal' }), true],
    [line({}), false],
    ['error: port 80 is taken', true],
    ['TypeError: x is no function', true],
    ['  see heartline doctor', false],
    ['no error: here', false],
  ] as const) {
    it(`${text} is ${expected ? 'an' : 'no'} error`, () => assert.equal(isError(text), expected));
  }

  it('any line has a plain text', () => {
    assert.equal(plainText(line({ level: 'info' })), 'bind failed');
    assert.equal(plainText(' Boom '), 'Boom');
    assert.equal(plainText('error: boom'), 'boom');
  });
});
