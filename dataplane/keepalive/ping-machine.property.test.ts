// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  armPing,
  nextPingMs,
  onPingDue,
  onPong,
  PING_OFF,
  type PingSettings,
} from './ping-machine.js';
import { TICK_MS } from './timer-wheel.js';

/** A jiffy at HZ=100: what TCP_INFO knows of the time of a byte. */
const JIFFY_MS = 10;
/** Where the window begins and ends (design: dead peers). */
const EARLY_SHARE = 0.1;
const LATE_MS = 50;

interface Peer {
  /** Times of the bytes that arrive by themselves, sorted. */
  readonly byteTimes: readonly number[];
  /** Answers a PING after so long; undefined: never. */
  readonly answersAfterMs: number | undefined;
}

interface Life {
  /** When it was given up; undefined when it lived past `untilMs`. */
  readonly closedMs: number | undefined;
  readonly pings: number;
  readonly mostOutstanding: number;
}

interface World {
  readonly settings: PingSettings;
  readonly peer: Peer;
  readonly untilMs: number;
  readonly random: () => number;
}

/** The machine as its driver runs it: on ticks of the wheel, with the last byte as the kernel knows it. */
function live({ settings, peer, untilMs, random }: World): Life {
  const bytes = [0, ...peer.byteTimes];
  let answerMs = Number.POSITIVE_INFINITY;
  let outstanding = 0;
  let pings = 0;
  let mostOutstanding = 0;
  let state = armPing(PING_OFF, settings, { lastByteMs: 0, random: random() });
  let dueMs = nextPingMs(state);
  while (dueMs < untilMs) {
    const nowMs = Math.ceil(Math.min(dueMs, answerMs) / TICK_MS) * TICK_MS;
    if (answerMs <= nowMs) {
      bytes.push(answerMs);
      bytes.sort((a, b) => a - b);
      state = onPong(state, settings, { nowMs: answerMs, random: random() });
      outstanding -= 1;
      answerMs = Number.POSITIVE_INFINITY;
      dueMs = nextPingMs(state);
      continue;
    }
    const last = bytes.findLast((at) => at <= nowMs) ?? 0;
    const lastByteMs = nowMs - Math.floor((nowMs - last) / JIFFY_MS) * JIFFY_MS;
    const step = onPingDue(state, settings, { nowMs, lastByteMs, random: random() });
    state = step.state;
    if (step.action === 'close') return { closedMs: nowMs, pings, mostOutstanding };
    if (step.action === 'ping') {
      pings += 1;
      outstanding += 1;
      mostOutstanding = Math.max(mostOutstanding, outstanding);
      if (peer.answersAfterMs !== undefined) answerMs = nowMs + peer.answersAfterMs;
    }
    dueMs = Math.max(nextPingMs(state), nowMs + 1);
  }
  return { closedMs: undefined, pings, mostOutstanding };
}

const settingsOf = fc.record({
  intervalMs: fc.integer({ min: 1000, max: 120_000 }),
  timeoutMs: fc.integer({ min: 1000, max: 60_000 }),
});
const randomOf = fc
  .array(fc.double({ min: 0, max: 0.999_999, noNaN: true }), { minLength: 1, maxLength: 5 })
  .map((values) => {
    let at = 0;
    return (): number => values[at++ % values.length] ?? 0;
  });
const RUNS = { seed: 9113, numRuns: 300 };

describe('ping machine, any life', () => {
  it('gives a dead peer up in [0.9 interval + timeout, interval + timeout + 50 ms] after its last byte', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 5 });
    fc.assert(
      fc.property(settingsOf, randomOf, gaps, (settings, random, steps) => {
        let at = 0;
        const byteTimes = steps.map((gap) => {
          at += gap;
          return at;
        });
        const peer = { byteTimes, answersAfterMs: undefined };
        const { closedMs, pings } = live({ settings, peer, random, untilMs: 1e9 });
        const { intervalMs, timeoutMs } = settings;
        assert.ok(closedMs !== undefined);
        const silentMs = closedMs - at;
        assert.ok(silentMs >= (1 - EARLY_SHARE) * intervalMs + timeoutMs, `${silentMs} ms`);
        assert.ok(silentMs <= intervalMs + timeoutMs + LATE_MS, `${silentMs} ms`);
        assert.equal(pings, 1);
      }),
      RUNS,
    );
  });

  it('never gives up a peer that answers in time, with one PING outstanding at most', () => {
    fc.assert(
      fc.property(
        settingsOf,
        randomOf,
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (settings, random, share) => {
          const answersAfterMs = Math.floor(share * settings.timeoutMs);
          const untilMs = 20 * (settings.intervalMs + settings.timeoutMs);
          const life = live({ settings, peer: { byteTimes: [], answersAfterMs }, random, untilMs });
          assert.equal(life.closedMs, undefined);
          assert.equal(life.mostOutstanding, 1);
          assert.ok(life.pings >= 10);
        },
      ),
      RUNS,
    );
  });

  it('never gives up a peer that sends anything at all in time, and asks it once', () => {
    fc.assert(
      fc.property(settingsOf, randomOf, (settings, random) => {
        const gapMs = settings.intervalMs * 0.9 + settings.timeoutMs - 2 * TICK_MS - JIFFY_MS;
        const untilMs = 20 * gapMs;
        const byteTimes = Array.from({ length: 20 }, (_, i) => Math.floor((i + 1) * gapMs));
        const life = live({
          settings,
          peer: { byteTimes, answersAfterMs: undefined },
          random,
          untilMs,
        });
        assert.equal(life.closedMs, undefined);
        assert.ok(life.pings <= 1);
      }),
      RUNS,
    );
  });
});
