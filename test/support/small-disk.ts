// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../shared/errors/heartline-error.js';

/** For the `skip` of a test that mounts one; false where it can. */
export const CANNOT_MOUNT: string | false =
  process.getuid?.() === 0 ? false : 'mounting a small tmpfs needs root';

/** A directory with room for few bytes. */
export interface SmallDisk {
  /** Takes every byte that is left. */
  fill(): void;
  /** Gives back what `fill` took. */
  free(): void;
  /** Also while a process still has a file open there. */
  unmount(): void;
}

/** Mounts over `dir`, which is made when it is not there. */
export function mountSmallDisk(dir: string, bytes: number): SmallDisk {
  mkdirSync(dir, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'heartline-test', dir]);
  const ballast = join(dir, 'ballast');
  return {
    fill: () => writeUntilFull(ballast),
    free: () => rmSync(ballast, { force: true }),
    unmount: () => void spawnSync('umount', ['--lazy', dir]),
  };
}

function writeUntilFull(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let size = 65_536; size >= 1; ) {
      try {
        writeSync(file, Buffer.alloc(size));
      } catch (thrown) {
        if (errnoOf(thrown) !== 'ENOSPC') throw thrown;
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}
