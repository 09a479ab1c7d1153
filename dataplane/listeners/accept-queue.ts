// SPDX-License-Identifier: Apache-2.0

export interface AcceptQueueOptions {
  /** Connections that have finished their handshake and are not accepted yet. */
  readonly queued: () => number;
  readonly monotonicMs: () => number;
  readonly nextTurn: (task: () => void) => void;
}

/** A flood of newcomers must not keep a port open that is to go. */
const MAX_WAIT_MS = 1000;

/**
 * Waits until everybody in the accept queue was accepted, and calls `done`; at once when nobody waits. A listening socket that is
 * closed resets those who wait in it, and they may have sent a request already. The loop accepts one connection per turn.
 */
export function drainAcceptQueue(options: AcceptQueueOptions, done: () => void): void {
  const { queued, monotonicMs, nextTurn } = options;
  const untilMs = monotonicMs() + MAX_WAIT_MS;
  const look = (): void => {
    if (queued() === 0 || monotonicMs() >= untilMs) done();
    else nextTurn(look);
  };
  look();
}
