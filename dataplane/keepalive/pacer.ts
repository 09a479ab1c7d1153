// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '../../shared/time/clock.js';

export interface PacerOptions<T> {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Turns a second, on the average of a tenth of a second. */
  readonly perSecond: number;
  /** An item's turn has come. */
  readonly onTurn: (item: T) => void;
}

export interface Pacer<T> {
  /** Takes a turn now when one is left; no item that came earlier waits then. */
  takeTurn(): boolean;
  /** Queues an item for its turn. */
  add(item: T): void;
  stop(): void;
}

/** Turns that may be taken at once: 20 ms' worth. */
const BURST_MS = 20;
/** Between two looks at the queue, at random: thousands of peers are not to be asked in step. */
const MIN_PAUSE_MS = 10;
const PAUSE_SPREAD_MS = 20;

/** Hands out turns at a bounded rate, in order. A loop that was blocked makes up for no more than two bursts. */
export function createPacer<T>(options: PacerOptions<T>): Pacer<T> {
  const { clock, random, perSecond, onTurn } = options;
  const perMs = perSecond / 1000;
  const burst = Math.max(1, perMs * BURST_MS);
  let queue: T[] = [];
  /** Place in the queue of the item whose turn is next. */
  let at = 0;
  let turns = burst;
  let countedMs = clock.monotonicMs();
  let timer: Timer | undefined;

  const refill = (most: number): void => {
    const nowMs = clock.monotonicMs();
    turns = Math.min(most, turns + (nowMs - countedMs) * perMs);
    countedMs = nowMs;
  };
  const schedule = (): void => {
    const pauseMs = MIN_PAUSE_MS + random() * PAUSE_SPREAD_MS;
    timer = clock.after(pauseMs, run);
  };
  const run = (): void => {
    timer = undefined;
    refill(2 * burst);
    for (; turns >= 1 && at < queue.length; at += 1) {
      turns -= 1;
      onTurn(queue[at] as T);
    }
    if (at < queue.length) {
      schedule();
    } else {
      queue = [];
      at = 0;
    }
  };

  return {
    takeTurn() {
      if (queue.length > 0) return false;
      refill(burst);
      if (turns < 1) return false;
      turns -= 1;
      return true;
    },
    add(item) {
      queue.push(item);
      if (timer === undefined) schedule();
    },
    stop() {
      timer?.cancel();
      queue = [];
      at = 0;
    },
  };
}
