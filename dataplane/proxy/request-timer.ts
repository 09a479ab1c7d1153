// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../shared/time/clock.js';
import type { Buckets } from '../engine/buckets.js';

/** Notes how long one request took, from its head to the end of its answer or of its connection. */
export class RequestTimer {
  readonly #clock: Clock;
  readonly #durations: Buckets;
  readonly #startMs: number;

  constructor(clock: Clock, durations: Buckets) {
    this.#clock = clock;
    this.#durations = durations;
    this.#startMs = clock.monotonicMs();
  }

  end(): void {
    this.#durations.add(this.#clock.monotonicMs() - this.#startMs);
  }
}
