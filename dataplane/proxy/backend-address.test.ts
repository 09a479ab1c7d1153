// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ForbiddenPort, refuseAddress } from './backend-address.js';

const FORBIDDEN: ForbiddenPort[] = [
  { host: '127.0.0.1', port: 15_000 },
  { host: '0.0.0.0', port: 15_020 },
  { host: 'control-plane.svc', port: 9978 },
];

describe('backend addresses', () => {
  const rows: [string, number, boolean, RegExp | undefined][] = [
    ['10.0.0.7', 80, false, undefined],
    ['2001:db8::1', 80, false, undefined],
    ['127.0.0.1', 80, false, /loopback/],
    ['127.9.9.9', 80, false, /loopback/],
    ['::1', 80, false, /loopback/],
    ['::ffff:127.0.0.1', 80, false, /loopback/],
    ['0.0.0.0', 80, false, /loopback/],
    ['::', 80, false, /loopback/],
    ['169.254.169.254', 80, false, /link-local/],
    ['fe80::1%eth0', 80, false, /link-local/],
    ['127.0.0.1', 80, true, undefined],
    ['127.0.0.1', 15_000, true, /Heartline itself/],
    ['::ffff:127.0.0.1', 15_000, true, /Heartline itself/],
    ['127.0.0.1', 15_020, true, /Heartline itself/],
    ['::1', 15_020, true, /Heartline itself/],
    ['192.0.2.10', 15_020, true, /Heartline itself/],
    ['192.0.2.11', 15_020, true, undefined],
    ['127.0.0.1', 9978, true, /Heartline itself/],
    ['10.0.0.7', 9978, true, undefined],
  ];
  for (const [address, port, allowLocal, expected] of rows) {
    it(`${address}:${port} with local ${allowLocal ? 'allowed' : 'refused'}`, () => {
      const rules = { allowLocal, forbidden: FORBIDDEN, localAddresses: () => ['192.0.2.10'] };
      const reason = refuseAddress(address, port, rules);
      if (expected === undefined) assert.equal(reason, undefined);
      else assert.match(reason ?? '', expected);
    });
  }
});
