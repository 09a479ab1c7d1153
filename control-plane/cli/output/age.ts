// SPDX-License-Identifier: Apache-2.0

/** A duration for people, two units at most: `250ms`, `4.2s`, `59s`, `3m5s`, `2h10m`, `5d3h`. */
export function formatAge(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 10) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return twoUnits(minutes, 'm', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return twoUnits(hours, 'h', minutes % 60, 'm');
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function twoUnits(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
}

/** Time since an RFC 3339 timestamp; the empty string when there is none. */
export function ageOf(timestamp: string | undefined, nowMs: number): string {
  const startMs = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(startMs) ? '' : formatAge(Math.max(0, nowMs - startMs));
}
