// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../shared/time/clock.js';

/** What a request without a limit has; one object for all of them. */
const NEVER: RequestDeadline = { cancel: () => undefined };

export interface RequestDeadline {
  /** Idempotent. */
  cancel(): void;
}

/**
 * Calls back once when the time is over, `timeoutMs` 0 being no limit. What arrived by then counts: after a stall of this process
 * the answer may lie in the socket's buffer, so one turn of the loop passes before the call.
 */
export function startDeadline(clock: Clock, timeoutMs: number, onDue: () => void): RequestDeadline {
  if (timeoutMs === 0) return NEVER;
  let canceled = false;
  const timer = clock.after(timeoutMs, () => {
    setImmediate(() => {
      if (!canceled) onDue();
    });
  });
  return {
    cancel: () => {
      canceled = true;
      timer.cancel();
    },
  };
}
