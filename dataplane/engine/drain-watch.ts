// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { Connection } from '../listeners/connection.js';
import type { CloseCause, ConnectionProtocol, DrainProgress, DrainReport } from './report.js';

export interface DrainWatchOptions {
  readonly clock: Clock;
  readonly graceMs: number;
  readonly connections: readonly Connection[];
  readonly onProgress: ((progress: DrainProgress) => void) | undefined;
}

/** Often enough for a line that is redrawn; counting 20,000 connections takes a quarter of a millisecond. */
const LOOK_MS = 500;

/** What becomes of the connections of clients while a worker drains. */
export class DrainWatch {
  readonly #options: DrainWatchOptions;
  readonly #startMs: number;
  readonly #ended = new Map<CloseCause, number>();
  #cut = 0;
  #timer: Timer | undefined;

  constructor(options: DrainWatchOptions) {
    this.#options = options;
    this.#startMs = options.clock.monotonicMs();
    if (options.onProgress !== undefined) this.#look(options.onProgress);
  }

  closed({ group }: Connection, cause: CloseCause): void {
    if (group.side === 'upstream') return;
    this.#ended.set(cause, (this.#ended.get(cause) ?? 0) + 1);
  }

  /** The grace is over: what is open now is cut off. */
  hardEnd(): void {
    this.#cut = this.#downstream().length;
  }

  /** Nothing is left. */
  finish(): DrainReport {
    this.#timer?.cancel();
    const tookMs = this.#options.clock.monotonicMs() - this.#startMs;
    return { ended: this.#ended, cut: this.#cut, tookMs };
  }

  #look(onProgress: (progress: DrainProgress) => void): void {
    const { clock, graceMs } = this.#options;
    const byProtocol = new Map<ConnectionProtocol, number>();
    const left = this.#downstream();
    for (const { protocol } of left) byProtocol.set(protocol, (byProtocol.get(protocol) ?? 0) + 1);
    const hardEndInMs = Math.max(0, this.#startMs + graceMs - clock.monotonicMs());
    onProgress({ left: left.length, byProtocol, hardEndInMs });
    this.#timer = clock.after(LOOK_MS, () => this.#look(onProgress));
  }

  #downstream(): Connection[] {
    return this.#options.connections.filter(({ group }) => group.side === 'downstream');
  }
}
