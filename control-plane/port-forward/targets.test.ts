// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { targetOfPort } from './targets.js';

describe('the target of a port', () => {
  const moved = { admin: 25_000, readiness: 15_000, stats: 0 };
  for (const [name, port, bound, target] of [
    ['is the well-known one', 15_000, undefined, 'admin'],
    ['is the well-known one', 15_020, undefined, 'stats'],
    ['is the well-known one', 15_021, undefined, 'readiness'],
    ['is the one the worker bound', 25_000, moved, 'admin'],
    ['that is bound comes before the well-known one', 15_000, moved, 'readiness'],
    ['that was moved keeps its well-known one', 15_021, moved, 'readiness'],
    ['is none for another port', 22, moved, undefined],
    ['is none for port 0, which is no bound port', 0, moved, undefined],
  ] as const) {
    it(`${name}: ${port}`, () => assert.equal(targetOfPort(port, bound), target));
  }
});
