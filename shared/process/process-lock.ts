// SPDX-License-Identifier: Apache-2.0
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { errnoOf, HeartlineError } from '../errors/heartline-error.js';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.js';

/** Gives the lock back; idempotent, and harmless when somebody else has it by now. */
export type Unlock = () => void;

/**
 * Makes this process the only holder of the lock file at `path`. A lock whose process is gone (kill -9,
 * power loss, pid given out again) is taken over; for one that lives, `held` makes the error to throw.
 */
export function lockProcess(path: string, held: (pid: number) => HeartlineError): Unlock {
  const self = identifyProcess(process.pid);
  if (self === undefined) throw new HeartlineError('INTERNAL', 'cannot read /proc/self/stat');
  const text = JSON.stringify(self);
  const own = `${path}.${process.pid}`;
  writeFileSync(own, text, { mode: 0o600 });
  try {
    // Each round is lost only to another process that took the lock or gave it back meanwhile.
    for (let round = 0; round < 10; round += 1) {
      if (tryLink(own, path)) return () => unlock(path, text);
      removeIfStale(path, own, held);
    }
  } finally {
    rmSync(own, { force: true });
  }
  throw new HeartlineError(
    'CONFLICT',
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

function removeIfStale(path: string, own: string, held: (pid: number) => HeartlineError): void {
  const text = readIfThere(path);
  if (text === undefined) return;
  const holder = parseHolder(text);
  if (holder !== undefined && isRunning(holder)) throw held(holder.pid);
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

function unlock(path: string, text: string): void {
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
