// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findClosestName } from './closest-name.js';

const KNOWN = ['retries', 'time', 'interval', 'http2KeepaliveInterval', 'tcp'];
const ROWS: readonly (readonly [word: string, meant: string | undefined])[] = [
  ['retires', 'retries'],
  ['Retries', 'retries'],
  ['intervall', 'interval'],
  ['tiem', 'time'],
  ['http2KeepAliveIntervall', 'http2KeepaliveInterval'],
  ['tpc', 'tcp'],
  ['udp', undefined],
  ['keepalive', undefined],
  ['', undefined],
];

describe('findClosestName', () => {
  for (const [word, meant] of ROWS) {
    it(`${word || '(nothing)'} means ${meant ?? 'none of them'}`, () => {
      assert.equal(findClosestName(word, KNOWN), meant);
    });
  }
});
