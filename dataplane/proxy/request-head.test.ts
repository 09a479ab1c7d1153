// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type RawRequestHead, readRequestHead } from './request-head.js';

const SETTINGS = { http1MaxHeaders: 10, http1HeaderCase: 'lowercase' } as const;
const flat = (text: string): string[] => text.split(' ').filter((part) => part !== '');

function raw(rawHeaders: readonly string[], more: Partial<RawRequestHead> = {}): RawRequestHead {
  return {
    method: 'GET',
    target: '/',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    rawHeaders,
    ...more,
  };
}

function accepted(
  head: RawRequestHead,
  settings: Parameters<typeof readRequestHead>[1] = SETTINGS,
) {
  const read = readRequestHead(head, settings);
  if (read.refusal !== undefined) assert.fail(`${read.refusal.status} ${read.refusal.text}`);
  return read;
}

describe('request headers', () => {
  const rows: [string, string, string][] = [
    ['end-to-end stay, in order', 'Host a X-B 1 X-A 2', 'host a x-b 1 x-a 2'],
    ['duplicates stay', 'Host a X 1 X 2', 'host a x 1 x 2'],
    ['hop-by-hop go', 'Host a Connection close Keep-Alive x TE trailers Upgrade h2c', 'host a'],
    ['expect is answered by the proxy', 'Host a Expect 100-continue', 'host a'],
    ['transfer coding is ours', 'Host a Transfer-Encoding chunked', 'host a'],
    ['trailers are not promised', 'Host a Trailer x', 'host a'],
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
  for (const [name, given, expected] of rows) {
    it(name, () => assert.deepEqual(accepted(raw(flat(given))).headers, flat(expected)));
  }

  it('keep their case when asked to', () => {
    const settings = { ...SETTINGS, http1HeaderCase: 'preserve' } as const;
    assert.deepEqual(
      accepted(raw(flat('Host a X-MiX 1')), settings).headers,
      flat('Host a X-MiX 1'),
    );
  });

  const bodies: [string, string, boolean][] = [
    ['no length', 'Host a', false],
    ['length 0', 'Host a Content-Length 0', false],
    ['length', 'Host a Content-Length 5', true],
    ['chunked', 'Host a Transfer-Encoding chunked', true],
  ];
  for (const [name, given, expected] of bodies) {
    it(`body: ${name}`, () => assert.equal(accepted(raw(flat(given))).hasBody, expected));
  }
});

describe('where a request goes', () => {
  const rows: [string, string, string, string, string][] = [
    ['origin form', 'GET', '/a?b', 'h:81', '/a?b'],
    ['two slashes are a path', 'GET', '//evil/a', 'h:81', '//evil/a'],
    ['absolute form', 'GET', 'http://other:82/a?b', 'other:82', '/a?b'],
    ['absolute form without a path', 'GET', 'HTTPS://other?b', 'other', '/?b'],
    ['the server as a whole', 'OPTIONS', '*', 'h:81', '*'],
  ];
  for (const [name, method, target, host, path] of rows) {
    it(name, () => {
      const head = accepted(raw(['Host', 'h:81'], { method, target }));
      assert.deepEqual([head.host, head.target, head.headers], [host, path, ['host', host]]);
    });
  }

  it('HTTP/1.0 needs no Host', () => {
    assert.equal(accepted(raw([], { httpVersionMinor: 0 })).host, '');
    const absolute = accepted(raw([], { httpVersionMinor: 0, target: 'http://a/' }));
    assert.deepEqual(absolute.headers, ['host', 'a']);
  });

  for (const host of ['a', 'A-b.c_d:81', '127.0.0.1', '[::1]:65535', 'a:', 'x%20y']) {
    it(`host ${host}`, () => assert.equal(accepted(raw(['Host', host])).host, host));
  }
});

describe('refused heads', () => {
  const host = ['Host', 'a'];
  const long = `/${'a'.repeat(65_534)}`;
  const rows: [string, RawRequestHead, number][] = [
    ['too many fields', raw(Array.from({ length: 22 }, () => 'x')), 431],
    ['HTTP/2 in text', raw(host, { httpVersionMajor: 2, httpVersionMinor: 0 }), 505],
    ['HTTP/0.9', raw([], { httpVersionMajor: 0, httpVersionMinor: 9 }), 400],
    ['a method of another protocol', raw(host, { method: 'SOURCE' }), 400],
    ['a long target', raw(host, { target: long }), 414],
    ['a fragment', raw(host, { target: '/a#b' }), 400],
    ['authority form', raw(host, { target: 'a:80' }), 400],
    ['another scheme', raw(host, { target: 'ftp://a/' }), 400],
    ['no authority', raw(host, { target: 'http:///a' }), 400],
    ['user information', raw(host, { target: 'http://u:p@a/' }), 400],
    ['an asterisk for GET', raw(host, { target: '*' }), 400],
    ['no Host', raw([]), 400],
    ['no Host, absolute form', raw([], { target: 'http://a/' }), 400],
    ['two Hosts', raw([...host, ...host]), 400],
    ['two Hosts, absolute form', raw([...host, ...host], { target: 'http://a/' }), 400],
    ...['', 'a,b', 'a, b', 'a b', 'u@a', 'a/b', 'a:x', 'a:65536', '[::1', 'é', 'a\\b', 'a"'].map(
      (value): [string, RawRequestHead, number] => [`Host "${value}"`, raw(['Host', value]), 400],
    ),
    ['two lengths', raw([...host, ...flat('Content-Length 1 Content-Length 1')]), 400],
    [
      'length and chunks',
      raw([...host, ...flat('Content-Length 1 Transfer-Encoding chunked')]),
      400,
    ],
    ...['', '+1', '-1', '0x1', '1,1', '1 1', '9007199254740992', '18446744073709551615'].map(
      (value): [string, RawRequestHead, number] => [
        `Content-Length "${value}"`,
        raw([...host, 'Content-Length', value]),
        400,
      ],
    ),
    ...['', 'identity', 'xchunked', 'gzip', 'chunked, identity', 'chunked;q=1', 'chunked,'].map(
      (value): [string, RawRequestHead, number] => [
        `Transfer-Encoding "${value}"`,
        raw([...host, 'Transfer-Encoding', value]),
        400,
      ],
    ),
    ['another coding', raw([...host, 'Transfer-Encoding', 'gzip, chunked']), 501],
    [
      'another coding in a field of its own',
      raw([...host, ...flat('Transfer-Encoding gzip Transfer-Encoding chunked')]),
      501,
    ],
    [
      'chunked twice',
      raw([...host, ...flat('Transfer-Encoding chunked Transfer-Encoding chunked')]),
      501,
    ],
    ['chunks in HTTP/1.0', raw(flat('Transfer-Encoding chunked'), { httpVersionMinor: 0 }), 400],
  ];
  for (const [name, head, status] of rows) {
    it(name, () => assert.equal(readRequestHead(head, SETTINGS).refusal?.status, status));
  }
});
