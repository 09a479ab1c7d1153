// SPDX-License-Identifier: Apache-2.0

export interface EventuallyOptions {
  /**
   * Far above any expected time: it ends a hang, it never judges speed. Default 30 s, or what the environment says in
   * HEARTLINE_TEST_PATIENCE_MS: the sabotage suite does not wait as long for what will not come.
   */
  readonly deadlineMs?: number;
  /** The longest pause between two probes; the first ones are shorter. Default 50 ms. */
  readonly everyMs?: number;
}

const PATIENCE_MS = Number(process.env['HEARTLINE_TEST_PATIENCE_MS'] ?? 30_000);
/** Most of what is waited for takes a few milliseconds. */
const FIRST_PAUSE_MS = 1;

/**
 * Runs `probe` until it returns without throwing; after the deadline its last error is thrown. An `assert.ok` in a
 * probe needs a message: without one, Node 20 looks for the expression in the source file by the line and column of the code it runs.
 * tsx runs all of a file as one line, and a search that misses blocks the process, timers and sockets included, for half a minute.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { deadlineMs = PATIENCE_MS, everyMs = 50 }: EventuallyOptions = {},
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
