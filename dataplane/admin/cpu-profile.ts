// SPDX-License-Identifier: Apache-2.0
import { Session } from 'node:inspector/promises';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Clock } from '../../shared/time/clock.js';

/** Takes one V8 CPU profile at a time; the answer is the text of a .cpuprofile file. */
export interface CpuProfiler {
  profile(seconds: number): Promise<string>;
}

export function createCpuProfiler(clock: Clock): CpuProfiler {
  let running = false;
  return {
    async profile(seconds) {
      if (running) {
        throw new HeartlineError('CONFLICT', 'a profile is being taken; wait for it to end');
      }
      running = true;
      const session = new Session();
      session.connect();
      try {
        await session.post('Profiler.enable');
        await session.post('Profiler.start');
        await new Promise<void>((resolve) => void clock.after(seconds * 1000, resolve));
        const { profile } = await session.post('Profiler.stop');
        return JSON.stringify(profile);
      } finally {
        session.disconnect();
        running = false;
      }
    },
  };
}
