// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isBodiless, plainReason, readResponseHead } from './response-head.js';

const raw = (text: string): Buffer[] => text.split('|').map((part) => Buffer.from(part, 'latin1'));

describe('head of a response', () => {
  const good = [
    'X|1',
    'Content-Length|5',
    'Transfer-Encoding|chunked',
    'TRANSFER-ENCODING|Chunked',
  ];
  for (const text of good) {
    it(`${text} has a certain end`, () =>
      assert.equal(readResponseHead(200, raw(text), 'lowercase').problem, undefined));
  }
  const bad = [
    ...['Content-Length|x', 'Content-Length|9007199254740992', 'Transfer-Encoding|identity'],
    ...['Transfer-Encoding|gzip, chunked', 'Transfer-Encoding|chunked|Transfer-Encoding|chunked'],
  ];
  for (const text of bad) {
    it(`${text} has none`, () =>
      assert.match(readResponseHead(200, raw(text), 'lowercase').problem ?? '', /^a /));
  }

  it('with a status below 100 is none', () =>
    assert.match(readResponseHead(99, [], 'lowercase').problem ?? '', /^a status/));

  it('no length in 204 and 1xx', () => {
    for (const [status, expected] of [
      [204, []],
      [103, []],
      [304, ['content-length', '5']],
    ] as const) {
      const read = readResponseHead(status, raw('Content-Length|5'), 'lowercase');
      assert.deepEqual([read.headers, read.hasLength], [expected, true]);
    }
  });

  it('ends with itself for HEAD, 204 and 304', () => {
    assert.deepEqual(
      [
        isBodiless('HEAD', 200),
        isBodiless('GET', 204),
        isBodiless('GET', 304),
        isBodiless('GET', 200),
      ],
      [true, true, true, false],
    );
  });

  it('keeps a reason in ASCII alone: decoded and cut to bytes, U+010D U+010A is a line end', () => {
    assert.equal(plainReason('Not\tAt All'), 'Not\tAt All');
    assert.equal(plainReason('a\u010d\u010aset-cookie: x'), '');
  });
});
