// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { lockProcess, type Unlock } from '../../shared/process/process-lock.js';

const LOCK_FILE = 'store.lock';

/** Makes this process the only one that opens the stores in `dir`. Throws UNAVAILABLE with the pid of another. */
export function acquireDataDirLock(dir: string): Unlock {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return lockProcess(join(dir, LOCK_FILE), (pid) => {
    const message = `data directory ${dir} is in use by process ${pid}: stop that process, or choose another directory with --data-dir`;
    return new HeartlineError('UNAVAILABLE', message, { subject: dir });
  });
}
