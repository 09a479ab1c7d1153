// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { manualClock } from '../../shared/time/manual-clock.js';
import { createTimerWheel, createWheelEntry, TICK_MS } from './timer-wheel.js';

function lab() {
  const manual = manualClock();
  /** Time that passed without a timer running: the loop was blocked. */
  let blockedMs = 0;
  const clock = { ...manual, monotonicMs: () => manual.monotonicMs() + blockedMs };
  const fired: [string, number][] = [];
  const polls: (() => void)[] = [];
  const wheel = createTimerWheel<string>({
    clock,
    afterPoll: (task) => polls.push(task),
    onDue: (owner) => fired.push([owner, clock.monotonicMs()]),
  });
  /** Moves time tick by tick, as a loop that is never blocked, polling after each. */
  const advance = (ms: number): void => {
    for (let left = ms; left > 0; left -= TICK_MS) {
      clock.advance(Math.min(TICK_MS, left));
      for (const poll of polls.splice(0)) poll();
    }
  };
  const block = (ms: number): void => {
    blockedMs += ms;
    advance(TICK_MS);
  };
  return { clock, wheel, fired, polls, advance, block };
}

describe('timer wheel', () => {
  const rows: [string, number, number][] = [
    ['within a tick', 5, 20],
    ['on a tick', 40, 40],
    ['between ticks', 41, 60],
    ['after more than one round of the wheel', 200_010, 200_020],
  ];
  for (const [name, dueMs, expectedMs] of rows) {
    it(`fires ${name}: never early, at most a tick late`, () => {
      const { wheel, fired, advance } = lab();
      wheel.schedule(createWheelEntry('a'), dueMs);
      advance(expectedMs - TICK_MS);
      assert.deepEqual(fired, []);
      advance(TICK_MS);
      assert.deepEqual(fired, [['a', expectedMs]]);
      assert.equal(wheel.size, 0);
    });
  }

  it('runs nothing in the tick itself, only after the next poll', () => {
    const { wheel, fired, clock, polls } = lab();
    wheel.schedule(createWheelEntry('a'), 10);
    clock.advance(TICK_MS);
    assert.deepEqual(fired, []);
    for (const poll of polls) poll();
    assert.equal(fired.length, 1);
  });

  it('keeps the earlier time of an entry that is scheduled again, moves it for a still earlier one', () => {
    const { wheel, fired, advance } = lab();
    const entry = createWheelEntry('a');
    wheel.schedule(entry, 1000);
    wheel.schedule(entry, 5000);
    wheel.schedule(entry, 100);
    assert.equal(wheel.size, 1);
    advance(6000);
    assert.deepEqual(fired, [['a', 100]]);
  });

  it('does not fire what was cancelled, also between the tick and the poll', () => {
    const { wheel, fired, clock, polls } = lab();
    const early = createWheelEntry('early');
    const late = createWheelEntry('late');
    wheel.schedule(early, 10);
    wheel.schedule(late, 10);
    wheel.cancel(early);
    clock.advance(TICK_MS);
    wheel.cancel(late);
    for (const poll of polls) poll();
    assert.deepEqual(fired, []);
  });

  it('postpones by as long as the loop was blocked, once', () => {
    const { wheel, fired, advance, block } = lab();
    wheel.schedule(createWheelEntry('a'), 100);
    advance(80);
    block(400);
    assert.deepEqual(fired, [], 'the tick saw a blocked loop');
    advance(360);
    assert.deepEqual(fired, []);
    block(2000);
    assert.equal(fired.length, 1, 'a loop that is always late still fires');
  });

  it('stops its timer when nothing is scheduled', () => {
    const { clock, wheel, advance } = lab();
    wheel.schedule(createWheelEntry('a'), 10);
    advance(100);
    assert.equal(clock.pending(), 0);
    wheel.schedule(createWheelEntry('b'), 1000);
    wheel.stop();
    assert.equal(clock.pending(), 0);
  });
});
