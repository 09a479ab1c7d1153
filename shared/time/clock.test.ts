// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBackoff } from './backoff.js';
import { manualClock } from './manual-clock.js';
import { systemClock } from './system-clock.js';

test('a manual clock runs timers in order of time, also those that timers start', () => {
  const clock = manualClock(1_000);
  const ran: string[] = [];
  clock.after(20, () => ran.push('b'));
  clock.after(10, () => {
    ran.push('a');
    clock.after(5, () => ran.push('a+5'));
  });
  clock.after(30, () => ran.push('late'));
  clock.advance(25);
  assert.deepEqual(ran, ['a', 'a+5', 'b']);
  assert.equal(clock.monotonicMs(), 25);
  assert.equal(clock.wallMs(), 1_025);
  assert.equal(clock.pending(), 1);
});

test('a cancelled timer does not run', () => {
  const clock = manualClock();
  const timer = clock.after(1, () => assert.fail('ran'));
  timer.cancel();
  timer.cancel();
  clock.advance(10);
  assert.equal(clock.pending(), 0);
});

test('a delay beyond 32 bits does not fire at once', async () => {
  const clock = systemClock();
  let fired = false;
  const timer = clock.after(2 ** 31 + 1000, () => {
    fired = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  timer.cancel();
  assert.equal(fired, false);
});

test('backoff doubles to its limit, jitter only shortens, success starts over', () => {
  const values = [0, 0.5, 0, 0, 0];
  const backoff = createBackoff({
    initialMs: 100,
    maxMs: 300,
    jitter: 0.5,
    random: () => values.shift() ?? 0,
  });
  assert.deepEqual([backoff.nextMs(), backoff.nextMs(), backoff.nextMs()], [100, 150, 300]);
  backoff.reset();
  assert.equal(backoff.nextMs(), 100);
});
