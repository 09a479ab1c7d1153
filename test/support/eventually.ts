// SPDX-License-Identifier: Apache-2.0

export interface EventuallyOptions {
  /** Far above any expected time: it ends a hang, it never judges speed. Default 30 s. */
  readonly deadlineMs?: number;
  /** The longest pause between two probes; the first ones are shorter. Default 50 ms. */
  readonly everyMs?: number;
}

/** Most of what is waited for takes a few milliseconds. */
const FIRST_PAUSE_MS = 1;

/** Runs `probe` until it returns without throwing; after the deadline its last error is thrown. */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { deadlineMs = 30_000, everyMs = 50 }: EventuallyOptions = {},
): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, everyMs)));
    }
  }
}
