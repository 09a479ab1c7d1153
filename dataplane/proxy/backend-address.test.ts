// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ForbiddenPort, refuseAddress } from './backend-address.js';

const FORBIDDEN: ForbiddenPort[] = [
  { host: '127.0.0.1', port: 15_000 },
  { host: '0.0.0.0', port: 15_020 },
  { host: 'control-plane.svc', port: 9978 },
  { host: 'unknown.svc', port: 9979 },
];

describe('backend addresses', () => {
  const rows: [string, number, boolean, RegExp | undefined][] = [
    ['10.0.0.7', 80, false, undefined],
    ['100.64.0.1', 80, false, undefined],
    ['2001:db8::1', 80, false, undefined],
    ['fd00::1', 80, false, undefined],
    ['127.0.0.1', 80, false, /loopback/],
    ['127.9.9.9', 80, false, /loopback/],
    ['::1', 80, false, /loopback/],
    ['0:0:0:0:0:0:0:1', 80, false, /loopback/],
    ['::ffff:127.0.0.1', 80, false, /loopback/],
    ['::ffff:7f00:1', 80, false, /loopback/],
    ['::127.0.0.1', 80, false, /loopback/],
    ['::ffff:0:127.0.0.1', 80, false, /loopback/],
    ['64:ff9b::127.0.0.1', 80, false, /loopback/],
    ['64:ff9b::a9fe:a9fe', 80, false, /link-local/],
    ['64:ff9b:1::169.254.169.254', 80, false, /link-local/],
    ['64:ff9b::10.0.0.7', 80, false, undefined],
    ['2002:7f00:1::', 80, false, /loopback/],
    ['2002:a00:7::1', 80, false, undefined],
    ['0.0.0.0', 80, false, /unspecified/],
    ['0.1.2.3', 80, false, /unspecified/],
    ['::', 80, false, /unspecified/],
    ['224.0.0.1', 80, false, /multicast/],
    ['ff02::1', 80, false, /multicast/],
    ['255.255.255.255', 80, false, /broadcast/],
    ['169.254.169.254', 80, false, /link-local/],
    ['fe80::1%eth0', 80, false, /link-local/],
    ['febf::1', 80, false, /link-local/],
    ['fd00:ec2::254', 80, false, /metadata/],
    ['100.100.100.200', 80, false, /metadata/],
    ['localhost', 80, true, /no IP address/],
    ['127.1', 80, true, /no IP address/],
    ['127.0.0.1', 80, true, undefined],
    ['169.254.169.254', 80, true, undefined],
    ['127.0.0.1', 15_000, true, /Heartline itself/],
    ['127.0.0.2', 15_000, true, /Heartline itself/],
    ['::1', 15_000, true, /Heartline itself/],
    ['0.0.0.0', 15_000, true, /Heartline itself/],
    ['::', 15_000, true, /Heartline itself/],
    ['::ffff:127.0.0.1', 15_000, true, /Heartline itself/],
    ['::ffff:7f00:1', 15_000, true, /Heartline itself/],
    ['192.0.2.10', 15_000, true, /Heartline itself/],
    ['127.0.0.1', 15_020, true, /Heartline itself/],
    ['::1', 15_020, true, /Heartline itself/],
    ['192.0.2.10', 15_020, true, /Heartline itself/],
    ['2001:db8::10', 15_020, true, /Heartline itself/],
    ['64:ff9b::192.0.2.10', 15_020, true, /Heartline itself/],
    ['192.0.2.11', 15_020, true, undefined],
    ['10.0.0.7', 9978, true, /Heartline itself/],
    ['::ffff:10.0.0.7', 9978, true, /Heartline itself/],
    ['10.0.0.8', 9978, true, undefined],
    ['127.0.0.1', 9978, true, undefined],
    ['10.0.0.8', 9979, true, /Heartline itself/],
  ];
  for (const [address, port, allowLocal, expected] of rows) {
    it(`${address} port ${port} with local ${allowLocal ? 'allowed' : 'refused'}`, () => {
      const rules = {
        allowLocal,
        forbidden: FORBIDDEN,
        localAddresses: () => ['192.0.2.10', '2001:DB8::10'],
        addressesOf: (host: string) => (host === 'unknown.svc' ? undefined : ['10.0.0.7']),
      };
      const reason = refuseAddress(address, port, rules);
      if (expected === undefined) assert.equal(reason, undefined);
      else assert.match(reason ?? '', expected);
    });
  }
});
