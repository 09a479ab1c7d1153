// SPDX-License-Identifier: Apache-2.0
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, HeartlineError } from '../../shared/errors/heartline-error.js';

const LOCK_FILE = 'store.lock';

/** Who holds a data directory. */
interface Holder {
  readonly pid: number;
  /** Start time of the process, clock ticks since boot: a pid is given out again, the pair is not. */
  readonly started: string;
}

/** Gives the directory back; idempotent. */
export type ReleaseLock = () => void;

/**
 * Makes this process the only one that opens the stores in `dir`. A lock whose process is gone (kill -9,
 * power loss) is taken over. Throws UNAVAILABLE with the pid of a holder that lives.
 */
export function acquireDataDirLock(dir: string): ReleaseLock {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, LOCK_FILE);
  const own = `${path}.${process.pid}`;
  const text = JSON.stringify({ pid: process.pid, started: startTimeOf(process.pid) ?? '' });
  writeFileSync(own, text, { mode: 0o600 });
  try {
    // Each round is lost only to another process that took the lock or gave it back meanwhile.
    for (let round = 0; round < 10; round += 1) {
      if (tryLink(own, path)) return () => releaseLock(path, text);
      removeIfStale(dir, path, own);
    }
  } finally {
    rmSync(own, { force: true });
  }
  throw new HeartlineError(
    'UNAVAILABLE',
    `${path} changes hands all the time: start one process only`,
  );
}

/** A link appears with its whole content and never over an existing file, so a lock is never half written. */
function tryLink(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

function removeIfStale(dir: string, path: string, own: string): void {
  const text = readIfThere(path);
  if (text === undefined) return;
  const holder = parseHolder(text);
  if (holder !== undefined && startTimeOf(holder.pid) === holder.started) {
    throw new HeartlineError(
      'UNAVAILABLE',
      `data directory ${dir} is in use by process ${holder.pid}: stop that process, or choose another directory with --data-dir`,
      { subject: dir },
    );
  }
  const aside = `${own}.stale`;
  try {
    renameSync(path, aside);
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return;
    throw thrown;
  }
  // Between reading and renaming somebody else may have taken over: theirs goes back.
  if (readIfThere(aside) !== text) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function releaseLock(path: string, text: string): void {
  if (readIfThere(path) === text) rmSync(path, { force: true });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    // Not one of ours: nobody who lives wrote it.
    return undefined;
  }
}

/** Field 22 of /proc/PID/stat (proc(5)); undefined when there is no such process. */
function startTimeOf(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The second field is the name in parentheses and may hold blanks and parentheses itself.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
