// SPDX-License-Identifier: Apache-2.0

const SECOND = 1;
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const YEAR = 365 * DAY;

/**
 * The time since an RFC 3339 timestamp as kubectl's users read it: two units while that is short (`3m20s`,
 * `5h30m`, `2d4h`), then one. Without a timestamp `<unknown>`.
 */
export function humanAge(timestamp: string | undefined, nowMs: number): string {
  if (timestamp === undefined) return '<unknown>';
  const then = Date.parse(timestamp);
  if (Number.isNaN(then)) return '<invalid>';
  return humanDuration(Math.floor((nowMs - then) / 1_000));
}

/** From this many seconds on: the two units that are shown. Above the last limit of a unit it stands alone. */
const STEPS: readonly (readonly [limit: number, unit: number, rest: number | undefined])[] = [
  [2 * MINUTE, SECOND, undefined],
  [10 * MINUTE, MINUTE, SECOND],
  [3 * HOUR, MINUTE, undefined],
  [8 * HOUR, HOUR, MINUTE],
  [2 * DAY, HOUR, undefined],
  [8 * DAY, DAY, HOUR],
  [2 * YEAR, DAY, undefined],
  [8 * YEAR, YEAR, DAY],
];

function humanDuration(seconds: number): string {
  // A clock that is a little behind is no news.
  if (seconds < -1) return '<invalid>';
  const age = Math.max(0, seconds);
  const [, unit, rest] = STEPS.find(([limit]) => age < limit) ?? [0, YEAR, undefined];
  const whole = `${Math.floor(age / unit)}${LETTERS.get(unit)}`;
  const left = rest === undefined ? 0 : Math.floor((age % unit) / rest);
  return left === 0 ? whole : `${whole}${left}${LETTERS.get(rest ?? unit)}`;
}

const LETTERS: ReadonlyMap<number, string> = new Map([
  [SECOND, 's'],
  [MINUTE, 'm'],
  [HOUR, 'h'],
  [DAY, 'd'],
  [YEAR, 'y'],
]);
