// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { eventually } from '../../test/support/eventually.js';
import { createCpuProfiler } from './cpu-profile.js';

it('a CPU profile is a .cpuprofile, one at a time', async () => {
  const clock = manualClock();
  const profiler = createCpuProfiler(clock);
  const first = profiler.profile(3);
  await assert.rejects(
    profiler.profile(1),
    (error) => error instanceof HeartlineError && error.code === 'CONFLICT',
  );
  await eventually(() => assert.equal(clock.pending(), 1));
  clock.advance(3000);
  const profile = JSON.parse(await first) as { nodes: unknown[]; startTime: number };
  assert.ok(profile.nodes.length > 0);
  const second = profiler.profile(1);
  await eventually(() => assert.equal(clock.pending(), 1));
  clock.advance(1000);
  await second;
});
