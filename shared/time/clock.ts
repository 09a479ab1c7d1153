// SPDX-License-Identifier: Apache-2.0

/** A pending timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/** Time as a port: handed in by `app.ts`, moved by hand in tests. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch; for records that people read. */
  wallMs(): number;
  /** Monotonic milliseconds with a fraction; for every deadline and duration. */
  monotonicMs(): number;
  /** Runs `task` once after `delayMs` (any length); never holds the process open. */
  after(delayMs: number, task: () => void): Timer;
}
