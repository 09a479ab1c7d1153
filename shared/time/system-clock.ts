// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer, TimerOptions } from './clock.js';

/** setTimeout takes a signed 32-bit delay; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The machine's clocks. Timers are unref'ed unless they hold the process; delays longer than 24.8 days are split. */
export function systemClock(): Clock {
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    after: startTimer,
  };
}

function startTimer(delayMs: number, task: () => void, options?: TimerOptions): Timer {
  let remainingMs = Math.max(0, delayMs);
  let handle: NodeJS.Timeout;
  const arm = (): void => {
    const stepMs = Math.min(remainingMs, MAX_DELAY_MS);
    remainingMs -= stepMs;
    handle = setTimeout(() => (remainingMs > 0 ? arm() : task()), stepMs);
    if (options?.holdsProcess !== true) handle.unref();
  };
  arm();
  return { cancel: () => clearTimeout(handle) };
}
