// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { AUTHORITY_FILE } from '../../pki/authority.js';
import { KUBECONFIG_FILE } from '../kubeconfig/locate.js';

/** Everything `up` keeps, below one directory. */
export interface StatePaths {
  readonly root: string;
  readonly apiToken: string;
  readonly workerToken: string;
  readonly certificateAuthority: string;
  readonly kubeconfig: string;
  readonly lock: string;
  /** Written once the example Gateway was applied; see first-start.ts. */
  readonly examples: string;
  readonly worker: string;
  readonly logs: string;
}

export function statePaths(root: string): StatePaths {
  return {
    root,
    apiToken: join(root, 'api.token'),
    workerToken: join(root, 'worker.token'),
    certificateAuthority: join(root, AUTHORITY_FILE),
    kubeconfig: join(root, KUBECONFIG_FILE),
    lock: join(root, 'up.lock'),
    examples: join(root, 'examples.json'),
    worker: join(root, 'worker'),
    logs: join(root, 'logs'),
  };
}

/** Makes the directories, for their owner only: tokens live in them. */
export function makeStateDirectories(paths: StatePaths): void {
  try {
    for (const directory of [paths.root, paths.worker, paths.logs]) {
      mkdirSync(directory, { recursive: true });
      chmodSync(directory, 0o700);
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new HeartlineError('CONFIG', `cannot make the data directory: ${message}`, {
      subject: paths.root,
      cause,
    });
  }
}
