// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLoopback, parseHostPort } from './host-port.js';

describe('host and port', () => {
  for (const [text, expected] of [
    ['127.0.0.1:9979', { host: '127.0.0.1', port: 9979 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:1', { host: '::1', port: 1 }],
  ] as const) {
    it(`reads ${text}`, () => assert.deepEqual(parseHostPort(text, '--x'), expected));
  }
  for (const text of ['', '9979', ':1', '127.0.0.1', '::1:5', 'a:65536', 'a:-1', 'a:b']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseHostPort(text, '--x'), {
        code: 'INVALID_ARGUMENT',
        message: /^--x /,
      });
    });
  }
  for (const [host, expected] of [
    ['localhost', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example', false],
  ] as const) {
    it(`${host} is ${expected ? '' : 'not '}loopback`, () =>
      assert.equal(isLoopback(host), expected));
  }
});
