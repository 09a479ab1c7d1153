// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '../../shared/time/clock.js';

/** One owner's place in the wheel; embed it in the owner and pass it to the wheel. */
export interface WheelEntry<T> {
  readonly owner: T;
  dueMs: number;
  /** It was postponed because the loop was blocked; once is all it gets. */
  postponed: boolean;
  /** Slot it hangs in; −1 while it is in none. */
  slot: number;
  previous: WheelEntry<T> | undefined;
  next: WheelEntry<T> | undefined;
}

export function createWheelEntry<T>(owner: T): WheelEntry<T> {
  return { owner, dueMs: 0, postponed: false, slot: -1, previous: undefined, next: undefined };
}

export interface TimerWheelOptions<T> {
  readonly clock: Clock;
  /** Runs a task after the loop has polled its sockets once more; `setImmediate` in production. */
  readonly afterPoll: (task: () => void) => void;
  /** Called for each entry that came due; the entry is out of the wheel by then. */
  readonly onDue: (owner: T) => void;
}

export interface TimerWheel<T> {
  /**
   * Asks for `onDue` at `dueMs` (monotonic). An entry that is already to come earlier stays as it is:
   * owners look again when it comes and schedule the rest, so a deadline that moves with each request
   * costs nothing per request. An infinite `dueMs` asks for nothing.
   */
  schedule(entry: WheelEntry<T>, dueMs: number): void;
  cancel(entry: WheelEntry<T>): void;
  readonly size: number;
  stop(): void;
}

/** Coarse enough to cost nothing, fine enough for the 50 ms that a dead peer may take longer. */
export const TICK_MS = 20;
/** A tick later than this saw a loop that was blocked: nothing may be concluded from silence. */
const LATE_MS = 100;
/** Longest reprieve after a blocked loop; enough to read what arrived meanwhile. */
const MAX_REPRIEVE_MS = 1000;
/** Power of two; 82 s a round. Later deadlines stay in their slot for several rounds. */
const SLOTS = 4096;

/**
 * The one timer behind every deadline of the engine. Two rules protect healthy peers: an entry runs
 * only after one more poll of the sockets, and a tick that comes more than 100 ms late postpones what
 * it passed by as long as the loop was blind. Once only: in a process that is always late, deadlines
 * come late, but they come.
 */
export function createTimerWheel<T>(options: TimerWheelOptions<T>): TimerWheel<T> {
  const { clock, afterPoll, onDue } = options;
  const heads: (WheelEntry<T> | undefined)[] = new Array(SLOTS).fill(undefined);
  let size = 0;
  let timer: Timer | undefined;
  let stopped = false;
  /** Last tick whose slot was visited. */
  let visitedTick = 0;

  const insert = (entry: WheelEntry<T>, dueMs: number): void => {
    const tick = Math.max(Math.ceil(dueMs / TICK_MS), visitedTick + 1);
    const slot = tick & (SLOTS - 1);
    const head = heads[slot];
    entry.dueMs = dueMs;
    entry.slot = slot;
    entry.previous = undefined;
    entry.next = head;
    if (head !== undefined) head.previous = entry;
    heads[slot] = entry;
    size += 1;
  };

  const remove = (entry: WheelEntry<T>): void => {
    if (entry.previous === undefined) heads[entry.slot] = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next !== undefined) entry.next.previous = entry.previous;
    entry.previous = undefined;
    entry.next = undefined;
    entry.slot = -1;
    size -= 1;
  };

  /** Takes every entry due at `nowMs` out of the slots between the last tick and now. */
  const takeDue = (nowMs: number): WheelEntry<T>[] => {
    const tick = Math.floor(nowMs / TICK_MS);
    const first = Math.max(visitedTick + 1, tick - SLOTS + 1);
    const due: WheelEntry<T>[] = [];
    for (let at = first; at <= tick; at += 1) {
      let entry = heads[at & (SLOTS - 1)];
      while (entry !== undefined) {
        const following: WheelEntry<T> | undefined = entry.next;
        if (entry.dueMs <= nowMs) {
          remove(entry);
          due.push(entry);
        }
        entry = following;
      }
    }
    visitedTick = Math.max(visitedTick, tick);
    return due;
  };

  /** Puts off what was not put off before; returns the rest. */
  const postpone = (due: readonly WheelEntry<T>[], untilMs: number): WheelEntry<T>[] => {
    const rest: WheelEntry<T>[] = [];
    for (const entry of due) {
      if (entry.postponed) rest.push(entry);
      else insert(entry, untilMs);
      entry.postponed = true;
    }
    return rest;
  };

  const runDue = (due: readonly WheelEntry<T>[]): void => {
    for (const entry of due) {
      // Scheduled again meanwhile: its owner has already looked.
      if (entry.slot === -1 && entry.dueMs !== Number.POSITIVE_INFINITY) onDue(entry.owner);
    }
  };

  const onTick = (expectedMs: number): void => {
    timer = undefined;
    const nowMs = clock.monotonicMs();
    const lateMs = nowMs - expectedMs;
    const due = takeDue(nowMs);
    const ready = lateMs > LATE_MS ? postpone(due, nowMs + Math.min(lateMs, MAX_REPRIEVE_MS)) : due;
    if (ready.length > 0) afterPoll(() => runDue(ready));
    if (size > 0) startTicking();
  };

  const startTicking = (): void => {
    if (timer !== undefined || stopped) return;
    const expectedMs = clock.monotonicMs() + TICK_MS;
    timer = clock.after(TICK_MS, () => onTick(expectedMs));
  };

  return {
    schedule(entry, dueMs) {
      if (dueMs === Number.POSITIVE_INFINITY || stopped) return;
      if (entry.slot !== -1) {
        if (entry.dueMs <= dueMs) return;
        remove(entry);
      }
      entry.postponed = false;
      if (timer === undefined) {
        visitedTick = Math.floor(clock.monotonicMs() / TICK_MS);
        startTicking();
      }
      insert(entry, dueMs);
    },
    cancel(entry) {
      if (entry.slot !== -1) remove(entry);
      entry.dueMs = Number.POSITIVE_INFINITY;
    },
    get size() {
      return size;
    },
    stop() {
      stopped = true;
      timer?.cancel();
      timer = undefined;
    },
  };
}
