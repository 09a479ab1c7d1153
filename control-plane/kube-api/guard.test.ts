// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkHostAndOrigin } from './guard.js';

const ALLOWED = ['localhost'];

describe('checkHostAndOrigin', () => {
  for (const [name, headers] of [
    ['an address', { host: '127.0.0.1:9979' }],
    ['an address without port', { host: '127.0.0.1' }],
    ['an IPv6 address', { host: '[::1]:9979' }],
    ['a listed name in any case', { host: 'LocalHost:9979' }],
    ['the own origin', { host: 'localhost:9979', origin: 'http://localhost:9979' }],
  ] as const) {
    it(`lets ${name} pass`, () => checkHostAndOrigin(headers, ALLOWED));
  }

  for (const [name, headers] of [
    ['a foreign name', { host: 'evil.example:9979' }],
    ['no host', {}],
    ['an empty host', { host: '' }],
    ['a listed name as a prefix', { host: 'localhost.evil.example' }],
    ['a host with a path', { host: 'localhost/x' }],
    ['another origin', { host: 'localhost:9979', origin: 'http://evil.example' }],
    ['an origin of another port', { host: 'localhost:9979', origin: 'http://localhost:3000' }],
    ['the null origin', { host: 'localhost:9979', origin: 'null' }],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(() => checkHostAndOrigin(headers, ALLOWED), { code: 'PERMISSION_DENIED' });
    });
  }
});
