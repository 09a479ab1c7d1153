// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Origin, withForwarded } from './forwarded.js';

const ORIGIN: Origin = { client: '192.0.2.7', host: 'a.test:81', scheme: 'http' };
const OURS = ['x-forwarded-for', '192.0.2.7', 'x-forwarded-host', 'a.test:81'];
const PROTO = ['x-forwarded-proto', 'http'];

describe('headers that tell a backend who asked', () => {
  const rows: [string, string[], Partial<Origin>, string[]][] = [
    ['are added after the others', ['x', '1'], {}, ['x', '1', ...OURS, ...PROTO]],
    [
      'the client comes last in the list it sent',
      ['X-Forwarded-For', '10.0.0.1, 10.0.0.2', 'x', '1'],
      {},
      ['X-Forwarded-For', '10.0.0.1, 10.0.0.2, 192.0.2.7', 'x', '1', ...OURS.slice(2), ...PROTO],
    ],
    [
      'of several lists the last one grows',
      ['x-forwarded-for', '10.0.0.1', 'x-forwarded-for', '10.0.0.2'],
      {},
      [
        ...['x-forwarded-for', '10.0.0.1', 'x-forwarded-for', '10.0.0.2, 192.0.2.7'],
        ...OURS.slice(2),
        ...PROTO,
      ],
    ],
    [
      'an empty list is no entry',
      ['x-forwarded-for', ''],
      {},
      ['x-forwarded-for', '192.0.2.7', ...OURS.slice(2), ...PROTO],
    ],
    [
      'claims of host and scheme are replaced',
      ['X-Forwarded-Proto', 'https', 'x-forwarded-host', 'evil', 'x-forwarded-host', 'worse'],
      {},
      [...OURS, ...PROTO],
    ],
    [
      'names as long as these stay',
      ['x-forwarded-abc', '1'],
      {},
      ['x-forwarded-abc', '1', ...OURS, ...PROTO],
    ],
    ['no host, no claim', [], { host: '' }, [...OURS.slice(0, 2), ...PROTO]],
    ['an unknown client is left out', [], { client: '' }, [...OURS.slice(2), ...PROTO]],
    [
      'the scheme of the listener',
      [],
      { scheme: 'https' },
      [...OURS, 'x-forwarded-proto', 'https'],
    ],
  ];
  for (const [name, headers, origin, expected] of rows) {
    it(name, () => assert.deepEqual(withForwarded(headers, { ...ORIGIN, ...origin }), expected));
  }
});
