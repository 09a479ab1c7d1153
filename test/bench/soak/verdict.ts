// SPDX-License-Identifier: Apache-2.0
import { median, quantile } from '../support/statistics.js';
import type { Kill } from './backends.js';
import type { Gauges } from './gauges.js';
import type { Failure } from './traffic.js';

/** How much a gauge may be higher in the last third of a soak than in the one before; the first third warms up. */
interface Allowance {
  readonly share: number;
  readonly extra: number;
}

/** Far above noise: a leak of 100 bytes a request is 40 MiB in half an hour of 250 a second. */
const ALLOWED: Readonly<Partial<Record<keyof Gauges, Allowance>>> = {
  residentMiB: { share: 0.15, extra: 24 },
  heapMiB: { share: 0.15, extra: 12 },
  descriptors: { share: 0.1, extra: 25 },
  handles: { share: 0.1, extra: 25 },
  upstream: { share: 0.1, extra: 25 },
};
/** A busy worker reads the reset of a killed backend's connection this much later, and may have sent a request on it by then. */
const NOTICE_MS = 250;
/** The lowest tenth of the heap is what is left after a collection. */
const AFTER_COLLECTION = 0.1;

export interface Trend {
  readonly gauge: keyof Gauges;
  readonly before: number;
  readonly after: number;
  readonly isFlat: boolean;
}

/** The middle third of the samples against the last one. */
export function findTrends(samples: readonly Gauges[]): readonly Trend[] {
  const third = Math.floor(samples.length / 3);
  const middle = samples.slice(third, 2 * third);
  const last = samples.slice(2 * third);
  return Object.entries(ALLOWED).map(([name, { share, extra }]) => {
    const gauge = name as keyof Gauges;
    const typical = (part: readonly Gauges[]): number => {
      const values = part.map((sample) => sample[gauge]);
      return gauge === 'heapMiB' ? quantile(values, AFTER_COLLECTION) : median(values);
    };
    const [before, after] = [typical(middle), typical(last)];
    return { gauge, before, after, isFlat: after <= before * (1 + share) + extra };
  });
}

/**
 * Nobody is to blame for a request that a backend had when it was killed and that may not be sent twice, or whose
 * second attempt met the same end: it may be answered 502 or 503, or break off, and there are at most as many
 * as the backend had connections. Everything else is a fault.
 */
export function findFaults(
  failures: readonly Failure[],
  kills: readonly Kill[],
): readonly Failure[] {
  const left = kills.map(({ connections }) => connections);
  return failures.filter((failure) => {
    if (failure.kind !== 'flapping' || ![0, 502, 503].includes(failure.status)) return true;
    const at = kills.findIndex(
      ({ fromMs, toMs }, index) =>
        failure.fromMs <= toMs + NOTICE_MS && failure.toMs >= fromMs && (left[index] ?? 0) > 0,
    );
    if (at === -1) return true;
    left[at] = (left[at] ?? 0) - 1;
    return false;
  });
}
