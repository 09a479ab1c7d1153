// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasName, passableUpgrade, responseHeaders, trailerFields, valuesOf } from './headers.js';

const flat = (text: string): string[] => text.split(' ').filter((part) => part !== '');

describe('response headers', () => {
  const rows: [string, string, string][] = [
    [
      'names in lower case',
      'Content-Type a Set-Cookie b Set-Cookie c',
      'content-type a set-cookie b set-cookie c',
    ],
    ['hop-by-hop go', 'Connection close X 1 Transfer-Encoding chunked', 'x 1'],
    ['what Connection names goes', 'X-Hop 1 Connection x-hop Y 2', 'y 2'],
    ['Trailer stays', 'Trailer x-sum', 'trailer x-sum'],
  ];
  for (const [name, raw, expected] of rows) {
    it(name, () => {
      const buffers = flat(raw).map((part) => Buffer.from(part));
      assert.deepEqual(responseHeaders(buffers, 'lowercase'), flat(expected));
    });
  }

  it('bytes above ASCII pass unharmed', () => {
    const raw = [Buffer.from('x'), Buffer.from([0xe9])];
    assert.deepEqual(responseHeaders(raw, 'preserve'), ['x', '\u00e9']);
  });
});

describe('trailer fields', () => {
  it('without those on which framing or routing depends', () => {
    const raw = 'X-Sum 1 Content-Length 3 Host a Transfer-Encoding chunked Trailer x X-End 2';
    assert.deepEqual(trailerFields(flat(raw)), flat('X-Sum 1 X-End 2'));
  });
});

describe('header lookups', () => {
  it('ignore case', () => {
    assert.equal(hasName(flat('A 1 Trailer x'), 'trailer'), true);
    assert.equal(hasName(flat('A trailer'), 'trailer'), false);
    assert.deepEqual(valuesOf(flat('Link a X b LINK c'), 'link'), ['a', 'c']);
  });

  const upgrades: [string, string][] = [
    ['websocket', 'websocket'],
    ['h2c', ''],
    ['H2C, websocket', 'websocket'],
    ['', ''],
  ];
  for (const [value, expected] of upgrades) {
    it(`upgrade "${value}" passes as "${expected}"`, () =>
      assert.equal(passableUpgrade(value), expected));
  }
});
