// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasName, passableUpgrade, requestHeaders, responseHeaders, valuesOf } from './headers.js';

const flat = (text: string): string[] => text.split(' ').filter((part) => part !== '');

describe('request headers', () => {
  const rows: [string, string, string][] = [
    ['end-to-end stay, in order', 'Host a X-B 1 X-A 2', 'host a x-b 1 x-a 2'],
    ['duplicates stay', 'Host a X 1 X 2', 'host a x 1 x 2'],
    ['hop-by-hop go', 'Host a Connection close Keep-Alive x TE trailers Upgrade h2c', 'host a'],
    ['expect is answered by the proxy', 'Host a Expect 100-continue', 'host a'],
    ['transfer coding is ours', 'Host a Transfer-Encoding chunked', 'host a'],
    [
      'what Connection names goes',
      'Host a Connection X-Hop,close X-Hop 1 X-End 2',
      'host a x-end 2',
    ],
    ['Connection after the named one', 'Host a X-Hop 1 Connection x-hop', 'host a'],
    ['Host cannot be named away', 'Host a Connection host', 'host a'],
    [
      'framing cannot be named away',
      'Host a Content-Length 3 Connection content-length',
      'host a content-length 3',
    ],
  ];
  for (const [name, raw, expected] of rows) {
    it(name, () =>
      assert.deepEqual(requestHeaders(flat(raw), 'lowercase').headers, flat(expected)),
    );
  }

  it('keep their case when asked to', () => {
    assert.deepEqual(
      requestHeaders(flat('Host a X-MiX 1'), 'preserve').headers,
      flat('Host a X-MiX 1'),
    );
  });

  const bodies: [string, string, boolean][] = [
    ['no length', 'Host a', false],
    ['length 0', 'Host a Content-Length 0', false],
    ['length', 'Host a Content-Length 5', true],
    ['chunked', 'Host a Transfer-Encoding chunked', true],
  ];
  for (const [name, raw, expected] of bodies) {
    it(`body: ${name}`, () =>
      assert.equal(requestHeaders(flat(raw), 'lowercase').hasBody, expected));
  }

  it('two hosts are ambiguous', () => {
    assert.equal(requestHeaders(flat('Host a Host b'), 'lowercase').ambiguousHost, true);
    assert.equal(requestHeaders(flat('Host a'), 'lowercase').ambiguousHost, false);
  });
});

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
