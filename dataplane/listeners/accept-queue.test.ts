// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { drainAcceptQueue } from './accept-queue.js';

function drain(lengths: readonly number[], turnMs: number): { turns: number; done: boolean } {
  let nowMs = 0;
  let turns = 0;
  let done = false;
  const tasks: (() => void)[] = [];
  const options = {
    queued: () => lengths[Math.min(turns, lengths.length - 1)] ?? 0,
    monotonicMs: () => nowMs,
    nextTurn: (task: () => void) => void tasks.push(task),
  };
  drainAcceptQueue(options, () => {
    done = true;
  });
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    turns += 1;
    nowMs += turnMs;
    task();
  }
  return { turns, done };
}

it('an empty accept queue is over at once', () => {
  assert.deepEqual(drain([0], 1), { turns: 0, done: true });
});

it('an accept queue takes as many turns as it needs', () => {
  assert.deepEqual(drain([3, 2, 2, 1, 0], 1), { turns: 4, done: true });
});

it('an accept queue that never empties is given up after a second', () => {
  assert.deepEqual(drain([9], 100), { turns: 10, done: true });
});
