// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadWire } from '../../shared/proto/wire.js';
import type { EngineSummary } from '../engine/report.js';
import { inForceReport, nextReportMs } from './in-force-report.js';

const none = undefined;

const rows = [
  ['the first report is due at once', none, none, true, Number.NEGATIVE_INFINITY],
  ['without a change after 30 s', 5000, none, true, 35_000],
  ['a change in force at once', 5000, 9000, true, 9000],
  ['a change that rolls out 100 ms later', 5000, 9000, false, 9100],
  ['never within a second of the last', 5000, 5010, true, 6000],
  ['nor when rolling out', 5000, 5950, false, 6050],
] as const;

describe('the next in-force report', () => {
  for (const [name, lastSentMs, changedMs, inForce, expected] of rows) {
    it(name, () => assert.equal(nextReportMs({ lastSentMs, changedMs, inForce }), expected));
  }
});

describe('an in-force report', () => {
  it('says everything the engine says', () => {
    const summary: EngineSummary = {
      version: '7-abcdef12',
      inForce: false,
      inForceSinceMs: 0,
      open: 9,
      inForceConnections: 5,
      settling: 1,
      deferred: 2,
      settingsPending: 3,
      failed: 1,
      unverified: 2,
      newOnly: 4,
      drifted: 6,
      listeners: [
        {
          bindKey: '8080/a/b',
          port: 8080,
          addresses: ['[::]:8080'],
          listening: false,
          inForce: false,
          open: 9,
          inForceConnections: 5,
          error: 'bind: EADDRINUSE',
        },
      ],
    };
    const head = { sessionId: 's', sequence: 3, observedAtUnixMs: 1_700_000_000_000 };
    const { workerMessage } = loadWire();
    const inForce = inForceReport(summary, head);
    const read = workerMessage.decode(workerMessage.encode({ inForce })).inForce;
    assert.deepEqual(read, {
      ...head,
      version: '7-abcdef12',
      inForce: false,
      inForceSinceUnixMs: 0,
      connectionsOpen: 9,
      connectionsInForce: 5,
      settling: 1,
      deferred: 2,
      settingsPending: 3,
      failed: 1,
      unverified: 2,
      newOnly: 4,
      drifted: 6,
      listeners: [
        {
          bindKey: '8080/a/b',
          port: 8080,
          inForce: false,
          connectionsOpen: 9,
          connectionsInForce: 5,
          error: 'bind: EADDRINUSE',
        },
      ],
    });
  });
});
