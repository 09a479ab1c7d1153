// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Entry, JsonValue } from '../log/transaction.js';
import { type FileRoom, GROWTH_BYTES, openFileRoom } from './file-room.js';
import { inspectLmdbFile } from './lmdb-file.js';
import { bringToFormat, type FormatOptions } from './lmdb-format.js';
import { createLogStore } from './log-store.js';
import type { Batch, Medium, StoredState } from './medium.js';
import type { Store } from './store.js';

export interface LmdbStoreOptions {
  /** Directory of `store.mdb`; made when it is not there. */
  readonly dir: string;
  /** Gives the id of data that is created now. */
  readonly newStoreId: () => string;
  /** For tests of migration. */
  readonly format?: Pick<FormatOptions, 'current' | 'migrations'>;
}

/**
 * One lmdb environment: `log` (seq → JSON of the draft), `state` (key → [revision, value]) and `meta`
 * (format, storeId, lastSeq), so that a transaction and what it folds to are one lmdb transaction.
 */
interface Environment {
  readonly root: RootDatabase;
  readonly log: Database<string, number>;
  readonly state: Database<[number, JsonValue], string>;
  readonly meta: Database<unknown, string>;
  readonly path: string;
  /** Every write asks it first: lmdb-js 3.5 overruns a buffer and ends the process when it meets a full disk. */
  readonly room: FileRoom;
}

/** Below this much free space a failed write is called a full disk, bytes. */
const FULL_DISK_BYTES = 1_048_576;
/** What opening a store may write, bytes: three databases and their first keys. */
const OPENING_BYTES = 262_144;

/**
 * The default store: a file in `dir`, durable before `commit` answers. One process at a time: take
 * `acquireDataDirLock` first, lmdb itself would let a second one in.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const env = openEnvironment(join(options.dir, 'store.mdb'));
  try {
    await bringToFormat({
      env: env.root,
      meta: env.meta,
      path: env.path,
      makeRoomToRewrite: () => makeRoom(env, 2 * usedBytes(env.root) + GROWTH_BYTES),
      ...options.format,
    });
    const storeId = await readStoreId(env, options.newStoreId);
    return createLogStore(lmdbMedium(env), readState(env, storeId));
  } catch (thrown) {
    await closeEnvironment(env);
    throw thrown;
  }
}

function openEnvironment(path: string): Environment {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    checkFile(path);
    const root = open({
      path,
      maxDbs: 3,
      // With lmdb-js' default a write is answered before it is flushed; ours promises the opposite.
      overlappingSync: false,
      // A lone commit starts at once instead of at the end of the event loop's turn: 0.4 ms, not 1.0 ms.
      // What comes meanwhile is grouped by the log store already.
      eventTurnBatching: false,
    });
    chmodSync(path, 0o600);
    chmodSync(`${path}-lock`, 0o600);
    const room = takeFirstRoom(path, root);
    return {
      root,
      room,
      log: root.openDB<string, number>({ name: 'log', encoding: 'string' }),
      state: root.openDB<[number, JsonValue], string>({ name: 'state', encoding: 'json' }),
      meta: root.openDB<unknown, string>({ name: 'meta', encoding: 'json' }),
      path,
    };
  } catch (cause) {
    throw failure(path, 'could not be opened', cause);
  }
}

/**
 * Throws when the disk is full and the file has never had its room, so that it may not be whole either; a
 * store that has all it needs is opened on a full disk too.
 */
function takeFirstRoom(path: string, root: RootDatabase): FileRoom {
  const room = openFileRoom(path);
  const used = usedBytes(root);
  try {
    room.ensure(used, used + OPENING_BYTES);
  } catch (thrown) {
    if (room.owned() >= GROWTH_BYTES) return room;
    room.close();
    throw thrown;
  }
  return room;
}

/** Up to the end of the last page that lmdb has taken. */
function usedBytes(root: RootDatabase): number {
  const { lastPageNumber, pageSize } = root.getStats() as LmdbStats;
  return (lastPageNumber + 1) * pageSize;
}

/** What we read of lmdb-js' getStats, which has no type of its own. */
interface LmdbStats {
  readonly lastPageNumber: number;
  readonly pageSize: number;
}

function makeRoom({ root, room }: Environment, bytes: number): void {
  const used = usedBytes(root);
  room.ensure(used, used + bytes);
}

async function closeEnvironment({ root, room }: Environment): Promise<void> {
  await root.close();
  room.close();
}

/** Throws where lmdb would end the process. */
function checkFile(path: string): void {
  const state = inspectLmdbFile(path);
  const freeBytes = freeBytesAt(dirname(path));
  if (state === 'new' && freeBytes !== undefined && freeBytes < FULL_DISK_BYTES) {
    throw new Error('the file would have to be made');
  }
  if (state === 'foreign') {
    throw new HeartlineError(
      'STORE_FAILED',
      `${path} is not a store of Heartline: move it away, or use another data directory`,
      { subject: path },
    );
  }
  if (state === 'cut-short') {
    throw new HeartlineError(
      'STORE_FAILED',
      `${path} is damaged, its end is missing: restore the data directory from a copy`,
      { subject: path },
    );
  }
}

async function readStoreId({ meta, path }: Environment, newStoreId: () => string): Promise<string> {
  const stored = meta.get('storeId');
  if (typeof stored === 'string') return stored;
  const created = newStoreId();
  try {
    await meta.put('storeId', created);
  } catch (cause) {
    throw failure(path, 'could not be created', cause);
  }
  return created;
}

function readState({ log, state, meta, path }: Environment, storeId: string): StoredState {
  const lastSeq = Number(meta.get('lastSeq') ?? 0);
  const [newest = lastSeq] = log.getKeys({ reverse: true, limit: 1 });
  if (newest !== lastSeq) {
    throw new HeartlineError(
      'STORE_FAILED',
      `${path} is damaged: its state is at ${lastSeq} and its log at ${newest}; restore the data directory from a copy`,
      { subject: path },
    );
  }
  const entries: Entry[] = [];
  for (const { key, value } of state.getRange()) {
    entries.push({ key, value: value[1], revision: value[0] });
  }
  return { entries, lastSeq, storeId };
}

function lmdbMedium(env: Environment): Medium {
  const { root, log, state, meta, path } = env;
  return {
    async append(batch) {
      const { records, entries } = batch;
      try {
        makeRoom(env, bytesToWrite(batch, usedBytes(root)));
        // Each call only notes its operation; what becomes of all of them is the batch's promise.
        await root.batch(() => {
          for (const { seq, text } of records) void log.put(seq, text);
          for (const [key, entry] of entries) {
            if (entry === undefined) void state.remove(key);
            else void state.put(key, [entry.revision, entry.value]);
          }
          void meta.put('lastSeq', records.at(-1)?.seq);
        });
      } catch (cause) {
        hushDetails(cause);
        throw failure(path, 'could not be written, and nothing was changed', cause);
      }
    },
    read(afterSeq, limit) {
      // lmdb-js keeps a read transaction for a turn of the event loop; ours must see the last commit.
      root.resetReadTxn();
      const range = log.getRange({ start: afterSeq + 1, limit });
      return Array.from(range, ({ key, value }) => ({ seq: key, text: value }));
    },
    firstSeq() {
      const [first = Number(meta.get('lastSeq') ?? 0) + 1] = log.getKeys({ limit: 1 });
      return first;
    },
    close: () => closeEnvironment(env),
  };
}

/**
 * lmdb-js rejects a commit and, later, a second promise on the error with what the system said. Nobody
 * waits for that one, and unhandled it would end the process.
 */
function hushDetails(thrown: unknown): void {
  if (typeof thrown !== 'object' || thrown === null || !('commitError' in thrown)) return;
  if (thrown.commitError instanceof Promise) thrown.commitError.catch(() => {});
}

/** Of lmdb: a tree of 4 KiB pages is rarely deeper than four, and each level may be split once. */
const PAGE_BYTES = 4_096;
const PAGES_TOUCHED_BY_ONE = 4;
const NEW_PAGES_OF_ONE = 4;
/** Roots, metas and the list of free pages. */
const PAGES_OF_A_COMMIT = 32;

/**
 * At most this much is written: every value twice (in the log and in the state, the values of which are in
 * the log's text) rounded up to pages, and a new copy of every page on the way to a key, each page once.
 */
function bytesToWrite({ records, entries }: Batch, used: number): number {
  let textBytes = 0;
  for (const { text } of records) textBytes += Buffer.byteLength(text);
  const puts = records.length + entries.size;
  const copied = Math.min(puts * PAGES_TOUCHED_BY_ONE * PAGE_BYTES, used);
  return 2 * textBytes + copied + (puts * NEW_PAGES_OF_ONE + PAGES_OF_A_COMMIT) * PAGE_BYTES;
}

function failure(path: string, what: string, cause: unknown): HeartlineError {
  if (cause instanceof HeartlineError) return cause;
  return new HeartlineError('STORE_FAILED', `${path} ${what}: ${explain(path, cause)}`, {
    subject: path,
    cause,
  });
}

/** Whether the disk is full, the disk knows. */
function explain(path: string, cause: unknown): string {
  const freeBytes = freeBytesAt(dirname(path));
  if (freeBytes !== undefined && freeBytes < FULL_DISK_BYTES) {
    return `the disk is full (${freeBytes} bytes free), make room and repeat`;
  }
  const said = cause instanceof Error ? cause.message : String(cause);
  return `${said}; check the directory's rights, its disk and the system's log`;
}

function freeBytesAt(dir: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    // Only the wording of an error that is thrown anyway depends on it.
    return undefined;
  }
}
