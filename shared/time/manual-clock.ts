// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from './clock.js';

/** A class, as days of timers pass in a test: tsx names every closure anew, which took longer than the rest. */
class Pending implements Timer {
  readonly atMs: number;
  readonly order: number;
  readonly task: () => void;
  readonly #among: Set<Pending>;

  constructor(atMs: number, order: number, task: () => void, among: Set<Pending>) {
    this.atMs = atMs;
    this.order = order;
    this.task = task;
    this.#among = among;
  }

  cancel(): void {
    this.#among.delete(this);
  }
}

/** A clock for tests: nothing moves until `advance` is called. */
export interface ManualClock extends Clock {
  /** Moves both clocks by `ms` and runs every timer that comes due, in order of time. */
  advance(ms: number): void;
  /** Number of timers not yet run or cancelled. */
  pending(): number;
}

/** `startWallMs` is the wall clock at the beginning; the monotonic clock starts at 0. */
export function manualClock(startWallMs = 0): ManualClock {
  let nowMs = 0;
  let order = 0;
  const timers = new Set<Pending>();

  const nextDue = (untilMs: number): Pending | undefined => {
    let best: Pending | undefined;
    for (const timer of timers) {
      if (timer.atMs > untilMs) continue;
      const earlier = best === undefined || timer.atMs < best.atMs;
      if (earlier || (timer.atMs === best?.atMs && timer.order < best.order)) best = timer;
    }
    return best;
  };

  return {
    wallMs: () => startWallMs + nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, task): Timer {
      order += 1;
      const timer = new Pending(nowMs + Math.max(0, delayMs), order, task, timers);
      timers.add(timer);
      return timer;
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (let due = nextDue(untilMs); due !== undefined; due = nextDue(untilMs)) {
        timers.delete(due);
        nowMs = Math.max(nowMs, due.atMs);
        due.task();
      }
      nowMs = untilMs;
    },
    pending: () => timers.size,
  };
}
