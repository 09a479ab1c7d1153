// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { Logger } from '../../shared/telemetry/logger.js';

export interface DescriptorBudgetOptions {
  /** Files that the process may have open (RLIMIT_NOFILE). */
  readonly limit: number;
  /** Descriptors of connections now, both sides, also of those that are being closed. */
  readonly used: () => number;
  readonly logger: Logger;
  /** Accepting has to stop, or may go on. */
  readonly onPause: (isPaused: boolean) => void;
}

/** Kept free for the control plane, the admin ports, DNS, files and the last-good file. */
const RESERVED = 256;
/** Of a very small limit: the share that connections may use all the same. */
const LEAST_SHARE = 1 / 4;
/** A new connection needs one, and its backend one. */
const NEEDED = 2;
/** Accepting goes on when this share is free again, so that it does not stop and go with each connection. */
const RESUME_SHARE = 1 / 16;

/**
 * Stops accepting before the process runs out of descriptors (EMFILE), at which point it could not even tell its control
 * plane. Clients wait in the accept queue of the kernel meanwhile.
 */
export class DescriptorBudget {
  /** How often accepting was stopped. */
  pauses = 0;
  readonly #options: DescriptorBudgetOptions;
  readonly #capacity: number;
  #isPaused = false;
  #dialing = 0;

  constructor(options: DescriptorBudgetOptions) {
    this.#options = options;
    const { limit } = options;
    this.#capacity = Math.max(limit - RESERVED, Math.floor(limit * LEAST_SHARE));
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** What connections may still use. */
  get free(): number {
    return this.#capacity - this.#options.used() - this.#dialing;
  }

  /** A connection came or went. */
  check(): void {
    const { logger, onPause, limit } = this.#options;
    const { free } = this;
    if (!this.#isPaused && free < NEEDED) {
      this.#isPaused = true;
      this.pauses += 1;
      const connections = this.#options.used();
      logger.warn({ connections, limit }, 'accepting stopped: no descriptors left (ulimit -n)');
      onPause(true);
    } else if (this.#isPaused && free >= Math.max(NEEDED, this.#capacity * RESUME_SHARE)) {
      this.#isPaused = false;
      logger.info({ free }, 'accepting goes on');
      onPause(false);
    }
  }

  /** Asks for the descriptor of a connection to a backend; `endDial` gives it back, or to the open connection. */
  startDial(): boolean {
    if (this.free < 1) return false;
    this.#dialing += 1;
    return true;
  }

  endDial(): void {
    this.#dialing -= 1;
    this.check();
  }
}

/** What Linux gives to processes that nobody gave a limit. */
const DEFAULT_LIMIT = 1024;

/** The soft limit of this process; Node raises it to the hard one at its start. */
export function readOpenFileLimit(path = '/proc/self/limits'): number {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // Sandboxes hide /proc; the common default is then the best guess.
    return DEFAULT_LIMIT;
  }
  const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
  if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER;
  return Number(soft ?? DEFAULT_LIMIT);
}
