// SPDX-License-Identifier: Apache-2.0

/** A pending timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

export interface TimerOptions {
  /** For a step of an orderly end that must still happen when nothing else is left to do. Default false. */
  readonly holdsProcess?: boolean;
}

/** Time as a port: handed in by `app.ts`, moved by hand in tests. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch; for records that people read. */
  wallMs(): number;
  /** Monotonic milliseconds with a fraction; for every deadline and duration. */
  monotonicMs(): number;
  /** Runs `task` once after `delayMs` (any length); holds the process open only when asked to. */
  after(delayMs: number, task: () => void, options?: TimerOptions): Timer;
}
