// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { emptyTcpInfo, type TcpInfo } from './tcp-info.js';
import {
  lookAtUnacked,
  postponeUnacked,
  type UnackedState,
  unackedLimitMs,
  unackedPeriodMs,
} from './unacked.js';

const LIMIT_MS = 5000;

function infoOf(fields: Partial<TcpInfo>): TcpInfo {
  return { ...emptyTcpInfo(), retransmitTimeoutMs: 200, ...fields };
}

describe('unacknowledged data', () => {
  const since = (pendingSinceMs: number, seenMs = pendingSinceMs) => ({
    ...{ pendingSinceMs, seenMs },
    lookedMs: 9750,
  });
  const rows: [string, Partial<TcpInfo>, ReturnType<typeof since> | undefined, string][] = [
    ['nothing is pending', { sinceLastAckMs: 9e9 }, since(0), 'clean'],
    ['pending for too long', { unackedSegments: 1, sinceLastAckMs: 5100 }, since(5000), 'dead'],
    [
      'an acknowledgement within a jiffy of the last look may be later',
      { unackedSegments: 1, sinceLastAckMs: 260 },
      since(5000),
      'pending 10000',
    ],
    [
      'window probes unanswered for too long',
      { notSentBytes: 1, sinceLastAckMs: 9000, probes: 2 },
      since(5000),
      'dead',
    ],
    [
      'one lost window probe',
      { notSentBytes: 1, sinceLastAckMs: 9000, probes: 1 },
      since(5000),
      'pending 5000',
    ],
    [
      'between two window probes, however long that is',
      { notSentBytes: 1, sinceLastAckMs: 60_000 },
      since(5000),
      'pending 10000',
    ],
    [
      'not yet for the limit',
      { unackedSegments: 1, sinceLastAckMs: 5100 },
      since(5001),
      'pending 5001',
    ],
    [
      'new data after a long idle time',
      { unackedSegments: 1, sinceLastAckMs: 3_600_000 },
      undefined,
      'pending 10000',
    ],
    [
      'an acknowledgement of a part',
      { unackedSegments: 1, sinceLastAckMs: 200 },
      since(0),
      'pending 10000',
    ],
    [
      'an answered window probe',
      { notSentBytes: 9, sinceLastAckMs: 200 },
      since(0),
      'pending 10000',
    ],
    [
      'a policy that comes 8 s after the last ACK counts retransmissions',
      {
        unackedSegments: 1,
        sinceLastAckMs: 8000,
        retransmits: 5,
        retransmitTimeoutMs: 6400,
        sinceLastSendMs: 1500,
      },
      undefined,
      'pending 2300',
    ],
    [
      'the same 0.3 s later',
      {
        unackedSegments: 1,
        sinceLastAckMs: 8300,
        retransmits: 5,
        retransmitTimeoutMs: 6400,
        sinceLastSendMs: 1800,
      },
      since(2000, 9700),
      'dead',
    ],
    [
      'window probes in vain count too, up to the last ACK',
      { notSentBytes: 1, sinceLastAckMs: 6020, probes: 6 },
      undefined,
      'pending 3980',
    ],
    [
      'no probe is no evidence',
      { notSentBytes: 1, sinceLastAckMs: 6020 },
      undefined,
      'pending 10000',
    ],
  ];
  for (const [name, fields, state, expected] of rows) {
    it(name, () => {
      const verdict = lookAtUnacked(state, {
        info: infoOf(fields),
        nowMs: 10_000,
        limitMs: LIMIT_MS,
      });
      const text =
        verdict.name === 'pending' ? `pending ${verdict.state.pendingSinceMs}` : verdict.name;
      assert.equal(text, expected);
    });
  }

  it('the limit is the time in which keepalive finds an idle peer, looked at twenty times', () => {
    const limitMs = unackedLimitMs({
      enabled: true,
      idleSeconds: 60,
      intervalSeconds: 10,
      probes: 3,
    });
    assert.equal(limitMs, 90_000);
    assert.deepEqual([100, 40_000, 1_800_000].map(unackedPeriodMs), [250, 2000, 5000]);
  });

  /**
   * A peer that acknowledges at some moments, an application that writes at some, and a watcher that looks every
   * period: the truth is kept beside it.
   */
  it('is never given up early, and always found', () => {
    const event = fc.record({
      gapMs: fc.integer({ min: 1, max: 3000 }),
      what: fc.constantFrom('write', 'ack', 'stall'),
    });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 40 }),
        fc.integer({ min: 0, max: 249 }),
        (events, phase) => {
          const periodMs = unackedPeriodMs(LIMIT_MS);
          const truth = { nowMs: 0, pendingMs: undefined as number | undefined, ackMs: 0 };
          let state: UnackedState | undefined;
          let lookMs = phase;
          let deadMs: number | undefined;
          const lookUntil = (untilMs: number): void => {
            for (; lookMs <= untilMs && deadMs === undefined; lookMs += periodMs) {
              const info = infoOf({
                unackedSegments: truth.pendingMs === undefined ? 0 : 1,
                sinceLastAckMs: lookMs - truth.ackMs,
              });
              const verdict = lookAtUnacked(state, { info, nowMs: lookMs, limitMs: LIMIT_MS });
              state = verdict.name === 'pending' ? verdict.state : undefined;
              if (verdict.name === 'dead') deadMs = lookMs;
            }
          };
          const assertTrue = (): void => {
            if (deadMs === undefined) return;
            assert.ok(truth.pendingMs !== undefined && deadMs - truth.pendingMs >= LIMIT_MS);
            assert.ok(deadMs - truth.ackMs >= LIMIT_MS);
          };
          for (const { gapMs, what } of events) {
            const atMs = truth.nowMs + gapMs;
            if (what === 'stall' && atMs > lookMs) {
              if (state !== undefined) state = postponeUnacked(state, atMs - lookMs);
              lookMs = atMs;
            }
            lookUntil(atMs);
            truth.nowMs = atMs;
            if (deadMs !== undefined) break;
            if (what === 'write') truth.pendingMs ??= atMs;
            if (what === 'ack') Object.assign(truth, { ackMs: atMs, pendingMs: undefined });
          }
          assertTrue();
          if (deadMs !== undefined) return;
          truth.pendingMs ??= truth.nowMs;
          const silentMs = Math.max(truth.pendingMs, truth.ackMs, lookMs);
          lookUntil(silentMs + LIMIT_MS + 2 * periodMs);
          assertTrue();
          assert.ok(deadMs !== undefined, 'found');
        },
      ),
      { numRuns: 300 },
    );
  });
});
