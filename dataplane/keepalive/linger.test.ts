// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lastVerdict, lingerVerdict } from './linger.js';
import { emptyTcpInfo, type TcpInfo } from './tcp-info.js';

describe('a socket that has sent FIN', () => {
  const rows: [string, Partial<TcpInfo>, number, string, string][] = [
    ['acknowledged', { retransmits: 0 }, 20, 'close', 'close'],
    ['on its way', { unackedSegments: 1 }, 20, 'wait', 'close'],
    [
      'repeated, but not for long',
      { unackedSegments: 1, retransmits: 3, sinceLastAckMs: 90_000 },
      4999,
      'wait',
      'reset',
    ],
    [
      'repeated in vain',
      { unackedSegments: 1, retransmits: 4, sinceLastAckMs: 5000 },
      5000,
      'reset',
      'reset',
    ],
    [
      'to a slow reader that acknowledges',
      { unackedSegments: 9, notSentBytes: 1, retransmits: 1, sinceLastAckMs: 900 },
      50_000,
      'wait',
      'reset',
    ],
    [
      'behind data of a reader that pauses, a probe under way',
      { notSentBytes: 9, probes: 1, sinceLastAckMs: 9000 },
      50_000,
      'wait',
      'close',
    ],
    [
      'behind data for nobody',
      { notSentBytes: 9, probes: 2, sinceLastAckMs: 9000 },
      9000,
      'reset',
      'reset',
    ],
    ['after a minute, whoever it is', { notSentBytes: 9 }, 60_000, 'reset', 'close'],
  ];
  for (const [name, fields, sinceFinMs, expected, last] of rows) {
    it(name, () => {
      const info = { ...emptyTcpInfo(), ...fields };
      assert.deepEqual([lingerVerdict(info, sinceFinMs), lastVerdict(info)], [expected, last]);
    });
  }
});
