// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refuseForeignPage } from './host-check.js';

const OWN = new Set(['worker.internal']);

const rows: readonly (readonly [string | undefined, string | undefined, 'served' | 'refused'])[] = [
  ['localhost:15000', undefined, 'served'],
  ['LOCALHOST', undefined, 'served'],
  ['127.0.0.1:15000', undefined, 'served'],
  ['[::1]:15000', undefined, 'served'],
  ['10.1.2.3:15000', undefined, 'served'],
  ['worker.internal:15000', undefined, 'served'],
  ['localhost:15000', 'http://localhost:15000', 'served'],
  ['evil.example:15000', undefined, 'refused'],
  ['localhost.evil.example', undefined, 'refused'],
  [undefined, undefined, 'refused'],
  ['', undefined, 'refused'],
  ['a b', undefined, 'refused'],
  ['localhost:15000', 'http://evil.example', 'refused'],
  ['localhost:15000', 'http://localhost:3000', 'refused'],
  ['localhost:15000', 'https://localhost:15000', 'refused'],
  ['localhost:15000', 'null', 'refused'],
];

describe('a request with Host and Origin', () => {
  for (const [host, origin, expected] of rows) {
    it(`${host} ${origin ?? '(none)'} is ${expected}`, () => {
      const reason = refuseForeignPage({ host, origin }, OWN);
      assert.equal(reason === undefined ? 'served' : 'refused', expected, reason);
    });
  }
});
