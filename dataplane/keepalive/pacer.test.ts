// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { manualClock } from '../../shared/time/manual-clock.js';
import { createPacer } from './pacer.js';

function lab(random: () => number = () => 0.5) {
  const clock = manualClock();
  const turns: [number, number][] = [];
  const pacer = createPacer<number>({
    clock,
    random,
    perSecond: 2000,
    onTurn: (item) => turns.push([item, clock.monotonicMs()]),
  });
  return { clock, turns, pacer };
}

describe('pacer', () => {
  it('gives few a turn at once, and the rest none', () => {
    const { pacer } = lab();
    const taken = Array.from({ length: 100 }, () => pacer.takeTurn());
    assert.equal(taken.filter(Boolean).length, 40);
    assert.equal(taken.indexOf(false), 40);
  });

  it('keeps the rate, in order, at every random pause', () => {
    let seed = 7;
    const { clock, turns, pacer } = lab(() => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    });
    for (let item = 0; item < 5000; item += 1) pacer.add(item);
    for (let ms = 0; ms < 3000; ms += 1) clock.advance(1);
    assert.deepEqual(
      turns.map(([item]) => item),
      Array.from({ length: 5000 }, (_, item) => item),
    );
    for (const fromMs of turns.map(([, atMs]) => atMs)) {
      const within = turns.filter(([, atMs]) => atMs >= fromMs && atMs < fromMs + 100).length;
      assert.ok(within <= 280, `${within} turns in 100 ms`);
    }
    const lastMs = turns.at(-1)?.[1] ?? 0;
    assert.ok(lastMs > 2300 && lastMs < 2600, `${lastMs} ms for 5000`);
    assert.equal(clock.pending(), 0, 'no timer without a queue');
  });

  it('makes up for no more than a burst after a blocked loop', () => {
    const { clock, turns, pacer } = lab();
    for (let item = 0; item < 500; item += 1) pacer.add(item);
    let blockedMs = 0;
    const late = createPacer<number>({
      clock: { ...clock, monotonicMs: () => clock.monotonicMs() + blockedMs },
      random: () => 0.5,
      perSecond: 2000,
      onTurn: (item) => turns.push([item, 0]),
    });
    pacer.stop();
    for (let item = 0; item < 500; item += 1) late.add(item);
    blockedMs = 60_000;
    clock.advance(20);
    assert.ok(turns.length <= 80, `${turns.length} turns`);
  });

  it('lets nobody pass who came later', () => {
    const { clock, pacer, turns } = lab();
    pacer.add(1);
    assert.equal(pacer.takeTurn(), false);
    clock.advance(100);
    assert.deepEqual(
      turns.map(([item]) => item),
      [1],
    );
    assert.equal(pacer.takeTurn(), true);
    pacer.add(2);
    pacer.stop();
    clock.advance(100);
    assert.equal(turns.length, 1);
  });
});
