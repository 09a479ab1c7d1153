// SPDX-License-Identifier: Apache-2.0
import { readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { errnoOf, HeartlineError } from '../errors/heartline-error.js';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.js';

/** Gives the lock back; idempotent, and harmless when somebody else has it by now. */
export type Unlock = () => void;

/**
 * Makes this process the only holder of the lock at `path`. A lock whose process is gone (kill -9, power
 * loss, pid given out again) is taken over; for one that lives, `held` makes the error to throw.
 *
 * The lock is a symbolic link that points at the holder's identity: it appears whole or not at all, never
 * over another one, and takes no block of the disk, so that a full disk keeps nobody from starting.
 */
export function lockProcess(path: string, held: (pid: number) => HeartlineError): Unlock {
  const self = identifyProcess(process.pid);
  if (self === undefined) throw new HeartlineError('INTERNAL', 'cannot read /proc/self/stat');
  const text = JSON.stringify(self);
  // Each round is lost only to another process that took the lock or gave it back meanwhile.
  for (let round = 0; round < 10; round += 1) {
    if (tryLink(text, path)) return () => unlock(path, text);
    removeIfStale(path, held);
  }
  throw new HeartlineError(
    'CONFLICT',
    `${path} changes hands all the time: start one process only`,
  );
}

function tryLink(text: string, path: string): boolean {
  try {
    symlinkSync(text, path);
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

function removeIfStale(path: string, held: (pid: number) => HeartlineError): void {
  const text = readIfThere(path);
  if (text === undefined) return;
  const holder = parseHolder(text);
  if (holder !== undefined && isRunning(holder)) throw held(holder.pid);
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return;
    throw thrown;
  }
  // Between reading and renaming somebody else may have taken over: theirs goes back.
  const moved = readIfThere(aside);
  if (moved !== undefined && moved !== text) tryLink(moved, path);
  rmSync(aside, { force: true });
}

function unlock(path: string, text: string): void {
  if (readIfThere(path) === text) rmSync(path, { force: true });
}

/** Undefined when there is no lock; the empty text for something that is no lock of ours. */
function readIfThere(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (thrown) {
    switch (errnoOf(thrown)) {
      case 'ENOENT':
        return undefined;
      case 'EINVAL':
        return '';
      default:
        throw thrown;
    }
  }
}

function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    const { pid, startTicks } = (JSON.parse(text) ?? {}) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof startTicks === 'number'
      ? { pid, startTicks }
      : undefined;
  } catch {
    // Not one of ours: nobody who lives wrote it.
    return undefined;
  }
}
