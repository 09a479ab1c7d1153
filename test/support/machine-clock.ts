// SPDX-License-Identifier: Apache-2.0

/** CLOCK_MONOTONIC, milliseconds: the same in every process of a machine, unlike performance.now(). */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
