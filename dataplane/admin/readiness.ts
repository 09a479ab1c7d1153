// SPDX-License-Identifier: Apache-2.0
import { type Endpoint, text } from './http-server.js';

/** What has to be done before traffic may come; each task by its name, so that a probe's answer says what is missing. */
export interface Readiness {
  /** Idempotent. */
  done(task: string): void;
  /** Adds a task, also one that will never be done, such as `draining`. */
  pending(task: string): void;
  /** Sorted; empty = ready. */
  missing(): string[];
}

export function createReadiness(tasks: readonly string[]): Readiness {
  const left = new Set(tasks);
  return {
    done: (task) => void left.delete(task),
    pending: (task) => void left.add(task),
    missing: () => [...left].sort(),
  };
}

/** Status and texts are the reference proxy's. */
export function readinessEndpoints(readiness: Readiness): Endpoint[] {
  const handle = () => {
    const missing = readiness.missing();
    return missing.length === 0
      ? text(200, 'ready\n')
      : text(500, `not ready, pending: ${missing.join(', ')}\n`);
  };
  return [{ method: 'GET', path: '/healthz/ready', handle }];
}
