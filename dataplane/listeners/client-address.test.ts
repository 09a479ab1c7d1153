// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { clientAddress } from './client-address.js';

describe('address of the client', () => {
  const rows: [string, string | undefined, string | undefined, string][] = [
    ['the peer', undefined, '192.0.2.1', '192.0.2.1'],
    ['the peer of a dual-stack socket', undefined, '::ffff:192.0.2.1', '192.0.2.1'],
    ['an IPv6 peer', undefined, '2001:db8::1', '2001:db8::1'],
    ['what the balancer said', '198.51.100.2:4711', '192.0.2.1', '198.51.100.2'],
    ['what the balancer said, IPv6', '[2001:db8::2]:4711', '192.0.2.1', '2001:db8::2'],
    ['a socket that is closed', undefined, undefined, ''],
  ];
  for (const [name, client, remoteAddress, expected] of rows) {
    it(name, () =>
      assert.equal(clientAddress({ client, socket: { remoteAddress } as Socket }), expected),
    );
  }
});
