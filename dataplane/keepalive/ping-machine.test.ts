// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  armPing,
  nextPingMs,
  onPingDue,
  onPong,
  PING_OFF,
  type PingState,
  pingWaitMs,
} from './ping-machine.js';

const SETTINGS = { intervalMs: 5000, timeoutMs: 30_000 };
const OFF_SETTINGS = { intervalMs: 0, timeoutMs: 30_000 };
const WAITING: PingState = { name: 'waiting', outstanding: false, dueMs: 4510 };
const PINGING: PingState = { name: 'pinging', outstanding: true, sinceMs: 4600, closeMs: 34_600 };

describe('ping machine', () => {
  for (const intervalMs of [1000, 5000, 60_000]) {
    it(`waits within the last tenth of ${intervalMs} ms`, () => {
      for (const random of [0, 0.5, 0.999]) {
        const waitMs = pingWaitMs(intervalMs, random);
        assert.ok(waitMs >= intervalMs * 0.9 && waitMs < intervalMs, String(waitMs));
      }
    });
  }

  const due: [string, PingState, number, number, string, string][] = [
    ['off does nothing', PING_OFF, 9e9, 0, 'off', 'none'],
    ['waiting, woken early', WAITING, 4000, 0, 'waiting', 'none'],
    ['waiting, silent long enough', WAITING, 4600, 0, 'pinging', 'ping'],
    ['waiting, a byte came meanwhile', WAITING, 4600, 3000, 'waiting', 'none'],
    [
      'an unanswered PING is not repeated',
      { ...WAITING, outstanding: true },
      4600,
      0,
      'pinging',
      'none',
    ],
    ['pinging, not yet over', PINGING, 34_599, 0, 'pinging', 'none'],
    ['pinging, over', PINGING, 34_600, 0, 'pinging', 'close'],
    ['pinging, over, but a byte came since', PINGING, 34_600, 34_000, 'waiting', 'none'],
  ];
  for (const [name, state, nowMs, lastByteMs, nextName, action] of due) {
    it(name, () => {
      const step = onPingDue(state, SETTINGS, { nowMs, lastByteMs, random: 0 });
      assert.equal(step.state.name, nextName);
      assert.equal(step.action, action);
    });
  }

  it('closes the timeout after the PING', () => {
    const { state } = onPingDue(WAITING, SETTINGS, { nowMs: 4600, lastByteMs: 0, random: 0 });
    assert.equal(nextPingMs(state), 34_600);
  });

  it('counts on from the last byte when a byte came while it slept', () => {
    const seen = { nowMs: 4600, lastByteMs: 3000, random: 0 };
    assert.equal(nextPingMs(onPingDue(WAITING, SETTINGS, seen).state), 3000 + 4510);
  });

  it('remembers an unanswered PING across bytes, off and on again', () => {
    const seen = { nowMs: 34_600, lastByteMs: 34_000, random: 0 };
    const { state } = onPingDue(PINGING, SETTINGS, seen);
    assert.equal(state.outstanding, true);
    const off = armPing(state, OFF_SETTINGS, seen);
    assert.deepEqual(off, { name: 'off', outstanding: true });
    assert.equal(armPing(off, SETTINGS, seen).outstanding, true);
  });

  it('an answer starts the next interval', () => {
    const state = onPong(PINGING, SETTINGS, { nowMs: 5000, random: 0 });
    assert.deepEqual(state, { name: 'waiting', outstanding: false, dueMs: 5000 + 4510 });
    assert.deepEqual(
      onPong({ name: 'off', outstanding: true }, OFF_SETTINGS, { nowMs: 1, random: 0 }),
      PING_OFF,
    );
  });

  it('is due at once when a policy finds a session that was silent for longer', () => {
    const state = armPing(PING_OFF, SETTINGS, { lastByteMs: -60_000, random: 0 });
    const step = onPingDue(state, SETTINGS, { nowMs: 1, lastByteMs: -60_000, random: 0 });
    assert.equal(step.action, 'ping');
  });

  it('asks for no time when off', () => {
    assert.equal(nextPingMs(PING_OFF), Number.POSITIVE_INFINITY);
  });
});
