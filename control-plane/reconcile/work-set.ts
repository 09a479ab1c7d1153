// SPDX-License-Identifier: Apache-2.0

/** Names that need work, each with the newest reason for it. */
export interface WorkSet<Reason> {
  /** Starts at once, before it returns, when nothing runs; else joins what runs next. */
  add(work: ReadonlyMap<string, Reason>): void;
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>;
  /** What waits is forgotten, what comes is ignored; resolves when what runs has ended. */
  stop(): Promise<void>;
}

/**
 * A de-duplicating queue of one: while `run` works, names merge, and the next run takes all of them. There
 * is no debounce, so a lone change costs no waiting and a flood costs one run per run.
 * `run` must not reject: nobody but it knows what to do about a failure.
 */
export function createWorkSet<Reason>(
  run: (work: ReadonlyMap<string, Reason>) => Promise<void>,
): WorkSet<Reason> {
  let waiting = new Map<string, Reason>();
  let running: Promise<void> | undefined;
  let stopped = false;

  const loop = async (): Promise<void> => {
    while (waiting.size > 0) {
      const work = waiting;
      waiting = new Map();
      await run(work);
    }
    running = undefined;
  };

  return {
    add(work) {
      if (stopped) return;
      for (const [name, reason] of work) waiting.set(name, reason);
      // An empty loop would end before its promise is kept here, and keep all later work waiting.
      if (waiting.size > 0) running ??= loop();
    },
    async idle() {
      await running;
    },
    async stop() {
      stopped = true;
      waiting.clear();
      await running;
    },
  };
}
