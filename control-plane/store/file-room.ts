// SPDX-License-Identifier: Apache-2.0
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/**
 * Space on the disk that a file owns ahead of what is written into it, so that no later write inside it can
 * meet a full disk.
 */
export interface FileRoom {
  /**
   * Makes the file own every byte before `end`; a step of at least GROWTH_BYTES when the disk has it. Bytes
   * from `used` on may be overwritten with zeros, those before it are left alone. Throws the system's error
   * (ENOSPC, EDQUOT, EIO) when the disk refuses, and the content before `used` is as it was then.
   */
  ensure(used: number, end: number): void;
  /** How far the file owns its space, bytes from its start. */
  owned(): number;
  close(): void;
}

/** A step of growth, bytes: some hundred usual transactions. */
export const GROWTH_BYTES = 1_048_576;
const CHUNK = Buffer.alloc(65_536);
/** What st_blocks of stat(2) counts in, bytes. */
const BLOCK_BYTES = 512;

/**
 * Opens `path`, which must exist. Holes in it are filled first (a file copied as sparse, or written by lmdb
 * alone, which never writes pages that it took and gave back at once): writing into a hole needs space too.
 * On a file system that writes every change to a new place (btrfs, zfs) nothing can be owned ahead, so there
 * only the free space that `ensure` met counts.
 */
export function openFileRoom(path: string): FileRoom {
  const file = openSync(path, 'r+');
  try {
    fillHoles(file);
  } catch (thrown) {
    closeSync(file);
    throw thrown;
  }
  let owned = fstatSync(file).size;
  return {
    ensure(used, end) {
      if (end <= owned) return;
      const from = Math.max(used, owned);
      try {
        owned = writeZeros(file, from, Math.max(end, owned + GROWTH_BYTES));
      } catch (thrown) {
        // The step was more than there is; what the caller needs may still fit.
        owned = Math.max(owned, fstatSync(file).size);
        if (owned < end) throw thrown;
      }
    },
    owned: () => owned,
    close: () => closeSync(file),
  };
}

/** Returns where it ended. The size of the file says so too when it throws. */
function writeZeros(file: number, from: number, end: number): number {
  let at = from;
  while (at < end) at += writeSync(file, CHUNK, 0, Math.min(CHUNK.length, end - at), at);
  return at;
}

function fillHoles(file: number): void {
  const { size, blocks } = fstatSync(file);
  if (blocks * BLOCK_BYTES >= size) return;
  const chunk = Buffer.alloc(CHUNK.length);
  for (let at = 0; at < size; at += chunk.length) {
    const bytes = readSync(file, chunk, 0, Math.min(chunk.length, size - at), at);
    writeSync(file, chunk, 0, bytes, at);
  }
}
