// SPDX-License-Identifier: Apache-2.0
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { errnoOf, HeartlineError } from '../../../shared/errors/heartline-error.js';
import {
  identifyProcess,
  isRunning,
  type ProcessIdentity,
} from '../../../shared/process/process-identity.js';

/** Releases the lock; removing it twice is harmless. */
export type Unlock = () => void;

/**
 * Makes this process the only `up` of a data directory. A lock left by a process that is gone (its pid is
 * free, or belongs to a later process) is replaced. Throws ALREADY_EXISTS with the pid of the other one.
 */
export function lockInstance(path: string): Unlock {
  const self = identifyProcess(process.pid);
  if (self === undefined) throw new HeartlineError('INTERNAL', 'cannot read /proc/self/stat');
  // Written whole under another name first: a lock is never seen half-written.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    takeLock(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  return () => rmSync(path, { force: true });
}

function takeLock(draft: string, path: string): void {
  const MAX_TRIES = 10;
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    if (tryLink(draft, path)) return;
    const holder = readHolder(path);
    if (holder !== undefined && isRunning(holder)) {
      throw new HeartlineError('ALREADY_EXISTS', `already running, pid ${holder.pid}`, {
        subject: path,
      });
    }
    rmSync(path, { force: true });
  }
  throw new HeartlineError('CONFLICT', `${path} is taken and left again and again`);
}

/** False when the lock exists. */
function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

/** Undefined when there is no lock, or nothing in it that names a process. */
export function readHolder(path: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const holder = value as Partial<ProcessIdentity> | null;
    const { pid, startTicks } = holder ?? {};
    return pid === undefined || startTicks === undefined ? undefined : { pid, startTicks };
  } catch {
    // Unreadable or no JSON: no process of ours wrote it whole, so nobody holds it.
    return undefined;
  }
}
