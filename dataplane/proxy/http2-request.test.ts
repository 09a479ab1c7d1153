// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRequestHead } from './http2-request.js';

const PSEUDO = [':method', 'GET', ':scheme', 'http', ':authority', 'a.test', ':path', '/x'];

function withPseudo(name: string, value: string, ...more: readonly string[]): string[] {
  const changed = [...PSEUDO];
  changed[changed.indexOf(name) + 1] = value;
  return [...changed, ...more];
}

describe('HTTP/2 request head', () => {
  const heads: [string, readonly string[], readonly string[]][] = [
    ['Host takes the place of :authority', PSEUDO, ['host', 'a.test']],
    ['the same Host is said once', [...PSEUDO, 'host', 'A.test:80'], ['host', 'a.test']],
    [
      'order and repetitions stay',
      [...PSEUDO, 'b', '1', 'a', '2', 'b', '3'],
      ['host', 'a.test', 'b', '1', 'a', '2', 'b', '3'],
    ],
    [
      'crumbs of cookies become one',
      [...PSEUDO, 'cookie', 'a=1', 'x', '1', 'cookie', 'b=2'],
      ['host', 'a.test', 'x', '1', 'cookie', 'a=1; b=2'],
    ],
    [
      'fields of one connection go',
      [...PSEUDO, 'te', 'trailers', 'http2-settings', 'AAMA', 'expect', '100-continue'],
      ['host', 'a.test'],
    ],
  ];
  for (const [name, raw, headers] of heads) {
    it(name, () => {
      const head = readRequestHead(raw);
      assert.deepEqual(head.headers, headers);
      assert.equal(head.problem, undefined);
    });
  }

  it('takes Host where there is no :authority', () => {
    const { host, headers } = readRequestHead([':method', 'GET', ':path', '/', 'host', 'b.test']);
    assert.equal(host, 'b.test');
    assert.deepEqual(headers, ['host', 'b.test']);
  });

  it('knows who waits for 100', () => {
    assert.equal(readRequestHead([...PSEUDO, 'expect', '100-Continue']).expectsContinue, true);
    assert.equal(readRequestHead(PSEUDO).expectsContinue, false);
  });

  const refused: [string, readonly string[], number][] = [
    ['CONNECT', [':method', 'CONNECT', ':authority', 'a:1'], 405],
    ['the word of the preface as a method', withPseudo(':method', 'PRI'), 400],
    ['no path', withPseudo(':path', ''), 400],
    ['a path that is no path', withPseudo(':path', 'x'), 400],
    ['an asterisk', withPseudo(':path', '*'), 400],
    ['a fragment', withPseudo(':path', '/x#y'), 400],
    ['a path beyond ASCII', withPseudo(':path', '/caf\xe9'), 400],
    ['a space in the path', withPseudo(':path', '/x HTTP/1.1'), 400],
    ['user information', withPseudo(':authority', 'root@a.test'), 400],
    ['two hosts', [...PSEUDO, 'host', 'b.test'], 400],
    ['another port', [...PSEUDO, 'host', 'a.test:81'], 400],
    ['a length that no number holds', [...PSEUDO, 'content-length', '9007199254740992'], 400],
    ['another expectation', [...PSEUDO, 'expect', 'more'], 417],
  ];
  for (const [name, raw, status] of refused) {
    it(`refuses ${name}`, () => assert.equal(readRequestHead(raw).problem?.status, status));
  }
});
