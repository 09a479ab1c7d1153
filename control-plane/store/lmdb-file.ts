// SPDX-License-Identifier: Apache-2.0
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { errnoOf } from '../../shared/errors/heartline-error.js';

/**
 * What the first page of an lmdb file holds, little endian (MDB_meta of lmdb's mdb.c, behind the 24 bytes
 * of page header that lmdb-js' build has): the mark, the page size, the last page in use.
 */
const MARK_OFFSET = 24;
const MARK = 0xbeefc0de;
const PAGE_SIZE_OFFSET = 48;
const LAST_PAGE_OFFSET = 144;
const HEAD_BYTES = 160;

/**
 * `new`: nothing there yet. `foreign` and `cut-short` must not be opened: lmdb-js ends the process with
 * SIGSEGV or SIGBUS on them instead of throwing.
 */
export type LmdbFileState = 'new' | 'usable' | 'foreign' | 'cut-short';

export function inspectLmdbFile(path: string): LmdbFileState {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return 'new';
    throw thrown;
  }
  try {
    const { size } = fstatSync(file);
    const head = Buffer.alloc(HEAD_BYTES);
    const headBytes = readSync(file, head, 0, HEAD_BYTES, 0);
    return size === 0 ? 'new' : judge(head.subarray(0, headBytes), size);
  } finally {
    closeSync(file);
  }
}

function judge(head: Buffer, size: number): LmdbFileState {
  if (head.length < HEAD_BYTES || head.readUInt32LE(MARK_OFFSET) !== MARK) return 'foreign';
  const pages = Number(head.readBigUInt64LE(LAST_PAGE_OFFSET)) + 1;
  const pageBytes = head.readUInt32LE(PAGE_SIZE_OFFSET);
  // Half, because pages at the end that were taken and given back in one transaction are never written;
  // a copy that stopped, or a file cut by hand, lacks more than that.
  return size < (pages * pageBytes) / 2 || size < 2 * pageBytes ? 'cut-short' : 'usable';
}
