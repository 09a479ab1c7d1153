// SPDX-License-Identifier: Apache-2.0

/** A duration as people write it, without zero units: `45s`, `1m30s`, `27m30s`, `10m`, `2h`, `1.5s`. */
export function durationText(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  const text = `${unit(hours, 'h')}${unit(minutes, 'm')}${unit(Number(seconds.toFixed(3)), 's')}`;
  return text === '' ? '0s' : text;
}

function unit(count: number, name: string): string {
  return count === 0 ? '' : `${count}${name}`;
}
