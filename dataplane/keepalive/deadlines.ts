// SPDX-License-Identifier: Apache-2.0

/** Deadlines of one connection that its settings imply; all times monotonic milliseconds. */

/** A deadline that was moved into the past by a change comes at `floorMs` instead (0 = no change). */
function withFloor(dueMs: number, floorMs: number): number {
  return Math.max(dueMs, floorMs);
}

/** When an idle HTTP/1 connection is closed; never when the timeout is 0. */
export function idleDueMs(idleSinceMs: number, timeoutMs: number, floorMs: number): number {
  if (timeoutMs === 0) return Number.POSITIVE_INFINITY;
  return withFloor(idleSinceMs + timeoutMs, floorMs);
}

/** When a connection is asked to end because of its age; never when the limit is 0. */
export function ageDueMs(bornMs: number, maxAgeMs: number, floorMs: number): number {
  if (maxAgeMs === 0) return Number.POSITIVE_INFINITY;
  return withFloor(bornMs + maxAgeMs, floorMs);
}

const IDLE_FLOOR_MIN_MS = 1000;
const IDLE_FLOOR_SPREAD_MS = 4000;

/**
 * Earliest end of an idle connection after its timeout changed: 1-5 s later, so that a change does not
 * close thousands at once and a request on its way still arrives.
 */
export function idleFloorMs(nowMs: number, random: () => number): number {
  return nowMs + IDLE_FLOOR_MIN_MS + random() * IDLE_FLOOR_SPREAD_MS;
}

const AGE_SPREAD_MIN_MS = 30_000;
const AGE_SPREAD_SHARE = 0.1;

/** Earliest end of a connection that a change put over age: spread over 30 s or 10 % of the limit. */
export function ageFloorMs(nowMs: number, maxAgeMs: number, random: () => number): number {
  return nowMs + random() * Math.max(AGE_SPREAD_MIN_MS, maxAgeMs * AGE_SPREAD_SHARE);
}
