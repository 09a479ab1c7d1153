// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatHostPort, isLoopback, parseHostPort } from './host-port.js';

describe('host and port', () => {
  for (const text of ['127.0.0.1:15000', '[::1]:0', 'localhost:65535', 'cp.ns.svc:9978']) {
    it(`${text} is read and written`, () => {
      const parsed = parseHostPort(text);
      assert.equal(parsed && formatHostPort(parsed), text);
    });
  }
  for (const text of ['', '15000', ':15000', '::1:15000', 'a:65536', 'a:', 'http://a:1', 'a b:1']) {
    it(`"${text}" is none`, () => assert.equal(parseHostPort(text), undefined));
  }
  const rows = [
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['::ffff:127.0.0.1', true],
    ['example.com', false],
  ] as const;
  for (const [host, expected] of rows) {
    it(`${host} is ${expected ? '' : 'not '}loopback`, () =>
      assert.equal(isLoopback(host), expected));
  }
});
