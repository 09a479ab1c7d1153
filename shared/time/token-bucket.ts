// SPDX-License-Identifier: Apache-2.0

/** A rate with a burst, as a value: how many may pass now, and when the next one may. */
export interface TokenBucket {
  readonly tokens: number;
  /** Monotonic, milliseconds; `tokens` are as of then. */
  readonly atMs: number;
}

export interface Rate {
  readonly perSecond: number;
  /** What may pass at once after a quiet time. */
  readonly burst: number;
}

export function fillBucket(bucket: TokenBucket, rate: Rate, nowMs: number): TokenBucket {
  const gained = ((nowMs - bucket.atMs) * rate.perSecond) / 1_000;
  return { tokens: Math.min(rate.burst, bucket.tokens + gained), atMs: nowMs };
}

/** Milliseconds until a whole token is there; 0 when one is. */
export function waitForTokenMs({ tokens }: TokenBucket, { perSecond }: Rate): number {
  return tokens >= 1 ? 0 : ((1 - tokens) * 1_000) / perSecond;
}
