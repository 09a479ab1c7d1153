// SPDX-License-Identifier: Apache-2.0

export interface BackoffOptions {
  /** First delay, milliseconds. */
  readonly initialMs: number;
  /** Longest delay before jitter, milliseconds. */
  readonly maxMs: number;
  /** Share of the delay that is random, 0..1: the result lies in [delay × (1 − jitter), delay]. */
  readonly jitter: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Exponential backoff that only shortens by jitter, so `maxMs` is a promise. */
export interface Backoff {
  /** The delay before the next try; doubles with each call until `reset`. */
  nextMs(): number;
  /** Called after real success (a message was received), not after a mere connect. */
  reset(): void;
}

export function createBackoff(options: BackoffOptions): Backoff {
  let delayMs = options.initialMs;
  return {
    nextMs() {
      const chosen = delayMs * (1 - options.jitter * options.random());
      delayMs = Math.min(options.maxMs, delayMs * 2);
      return chosen;
    },
    reset() {
      delayMs = options.initialMs;
    },
  };
}
