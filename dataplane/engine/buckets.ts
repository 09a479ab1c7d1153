// SPDX-License-Identifier: Apache-2.0

/** Upper bounds, milliseconds: from the round trip of a rack to a request that somebody gave up on. */
export const BUCKET_BOUNDS_MS: readonly number[] = [
  0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000,
];

/** Durations counted by size. Adding one is a few comparisons and allocates nothing, so requests can afford it. */
export class Buckets {
  /** Those above the bound before and at most their own; the last has no bound. */
  readonly counts = new Float64Array(BUCKET_BOUNDS_MS.length + 1);
  sumMs = 0;

  add(ms: number): void {
    let at = 0;
    while (at < BUCKET_BOUNDS_MS.length && ms > (BUCKET_BOUNDS_MS[at] ?? 0)) at += 1;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sumMs += ms;
  }
}
