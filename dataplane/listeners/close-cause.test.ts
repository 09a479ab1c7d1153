// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionSide } from '../engine/report.js';
import { closeCauseOf } from './close-cause.js';

describe('cause of a close that began with an error', () => {
  const rows: [string, string, ConnectionSide, boolean, string][] = [
    ['keepalive gave up', 'ETIMEDOUT', 'downstream', true, 'tcp_keepalive'],
    ['a router answered for the dead peer', 'EHOSTUNREACH', 'downstream', true, 'tcp_keepalive'],
    ['a dead backend', 'ETIMEDOUT', 'upstream', true, 'tcp_keepalive'],
    ['retransmission gave up, keepalive off', 'ETIMEDOUT', 'downstream', false, 'tcp_unacked'],
    ['the client reset', 'ECONNRESET', 'downstream', true, 'client'],
    ['the client closed while we wrote', 'EPIPE', 'downstream', true, 'client'],
    ['the backend reset', 'ECONNRESET', 'upstream', true, 'upstream'],
    ['the pool closed an idle connection', 'UND_ERR_INFO', 'upstream', true, 'upstream'],
    ['anything else', 'EBADF', 'downstream', true, 'error'],
  ];
  for (const [name, code, side, enabled, expected] of rows) {
    it(name, () => {
      const target = { enabled, idleSeconds: 1, intervalSeconds: 1, probes: 1 };
      const error = Object.assign(new Error(name), { code });
      assert.equal(closeCauseOf(error, { group: { side, target } }), expected);
    });
  }
});
