// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ageDueMs, ageFloorMs, idleDueMs, idleFloorMs } from './deadlines.js';

const NEVER = Number.POSITIVE_INFINITY;

describe('deadlines', () => {
  const rows: [string, number, number][] = [
    ['idle: from the end of the last response', idleDueMs(1000, 500, 0), 1500],
    ['idle: 0 is never', idleDueMs(1000, 0, 0), NEVER],
    ['idle: a change gives more time', idleDueMs(1000, 500, 9000), 9000],
    ['idle: an old change does not', idleDueMs(9000, 500, 9100), 9500],
    ['age: from birth', ageDueMs(100, 500, 0), 600],
    ['age: 0 is never', ageDueMs(100, 0, 0), NEVER],
    ['age: a change spreads the overdue', ageDueMs(100, 500, 4000), 4000],
    ['idle floor: at least 1 s', idleFloorMs(0, () => 0), 1000],
    ['idle floor: at most 5 s', idleFloorMs(0, () => 1), 5000],
    ['age floor: at least 30 s wide', ageFloorMs(0, 1000, () => 1), 30_000],
    ['age floor: 10 % of a long limit', ageFloorMs(0, 3_600_000, () => 1), 360_000],
    ['age floor: starts now', ageFloorMs(7, 1000, () => 0), 7],
  ];
  for (const [name, actual, expected] of rows) it(name, () => assert.equal(actual, expected));
});
