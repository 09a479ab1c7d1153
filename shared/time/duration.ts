// SPDX-License-Identifier: Apache-2.0

/** GEP-2257: one to four groups of at most five digits, units h, m, s, ms; no sign, no fraction. */
const GEP_2257 = /^([0-9]{1,5}(h|m|s|ms)){1,4}$/;
const GROUP = /([0-9]{1,5})(ms|h|m|s)/g;
const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** Milliseconds of a Gateway API duration (`30s`, `1m30s`), or undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  if (!GEP_2257.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(GROUP)) {
    total += Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  return total;
}

/**
 * Go's `time.Duration.String()` for whole milliseconds, the style of config dumps:
 * 30000 → `30s`, 600000 → `10m0s`, 3600000 → `1h0m0s`, 1500 → `1.5s`, 250 → `250ms`, 0 → `0s`.
 */
export function formatGoDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / UNIT_MS.h);
  const minutes = Math.floor((ms % UNIT_MS.h) / UNIT_MS.m);
  const seconds = (ms % UNIT_MS.m) / UNIT_MS.s;
  const secondsText = `${Number(seconds.toFixed(3))}s`;
  if (hours > 0) return `${hours}h${minutes}m${secondsText}`;
  return minutes > 0 ? `${minutes}m${secondsText}` : secondsText;
}

/** google.protobuf.Duration as protobufjs reads it with `longs: Number` and no defaults. */
export interface WireDuration {
  seconds?: number | null;
  nanos?: number | null;
}

export function toWireDuration(ms: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1_000_000) };
}

/** Milliseconds of a wire duration; negative ones clamp to 0 as the reference proxy does. */
export function fromWireDurationMs(wire: WireDuration): number {
  return Math.max(0, (wire.seconds ?? 0) * 1000 + (wire.nanos ?? 0) / 1_000_000);
}
