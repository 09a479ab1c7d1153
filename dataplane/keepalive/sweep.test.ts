// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSweep } from './sweep.js';

interface Item {
  seen: number;
}

/** A sweep whose turns are run by hand; each look at the clock costs 0.15 ms. */
function lab(count: number) {
  const items: Item[] = Array.from({ length: count }, () => ({ seen: 0 }));
  const turns: (() => void)[] = [];
  let nowMs = 0;
  let done = 0;
  let value = 1;
  const sweep = createSweep<Item>({
    items,
    visit: (item) => {
      item.seen = value;
    },
    monotonicMs: () => {
      nowMs += 0.15;
      return nowMs;
    },
    nextTurn: (task) => turns.push(task),
    onDone: () => {
      done += 1;
    },
  });
  const remove = (index: number): void => {
    const last = items.pop();
    if (last !== undefined && index < items.length) items[index] = last;
  };
  return {
    items,
    sweep,
    remove,
    turn: (): boolean => {
      const next = turns.shift();
      next?.();
      return next !== undefined;
    },
    change: (to: number): void => {
      value = to;
      sweep.restart();
    },
    done: () => done,
  };
}

describe('sweep', () => {
  it('visits all in slices, and tells once', () => {
    const { items, sweep, turn, done } = lab(100);
    sweep.restart();
    assert.equal(sweep.running, true);
    assert.ok(
      items.some(({ seen }) => seen === 0),
      'the first turn does not do all',
    );
    let turns = 0;
    while (turn()) turns += 1;
    assert.ok(turns > 3, String(turns));
    assert.equal(
      items.every(({ seen }) => seen === 1),
      true,
    );
    assert.equal(done(), 1);
    assert.equal(sweep.running, false);
  });

  it('misses none while others are removed and added between slices', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const { items, sweep, remove, turn } = lab(200);
      const kept = new Set(items);
      sweep.restart();
      let state = seed;
      const random = (): number => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647;
      };
      while (turn()) {
        for (let i = 0; i < 3; i += 1) remove(Math.floor(random() * items.length));
        items.push({ seen: 1 });
      }
      const missed = items.filter((item) => kept.has(item) && item.seen === 0);
      assert.equal(missed.length, 0, `seed ${seed}`);
    }
  });

  it('starts over for a newer change and ends once, with the newest on every item', () => {
    const { items, sweep, turn, change, done } = lab(100);
    sweep.restart();
    turn();
    change(2);
    turn();
    change(3);
    while (turn());
    assert.equal(
      items.every(({ seen }) => seen === 3),
      true,
    );
    assert.equal(done(), 1);
  });

  it('is done at once when there is nothing', () => {
    const { sweep, done } = lab(0);
    sweep.restart();
    assert.equal(done(), 1);
  });
});
