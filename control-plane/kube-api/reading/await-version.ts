// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Clock } from '../../../shared/time/clock.js';
import type { ObjectView } from '../resources/object-view.js';

/** How long a request for a revision that this replica has not seen yet waits, and how often it looks, milliseconds. */
const MAX_WAIT_MS = 3_000;
const LOOK_EVERY_MS = 50;

/**
 * Settles once the view has this version: a client may come from a replica that is ahead. Throws TIMEOUT in
 * the form that makes clients of Kubernetes try again.
 */
export async function awaitVersion(
  view: Pick<ObjectView, 'version'>,
  wanted: number,
  clock: Pick<Clock, 'after' | 'monotonicMs'>,
): Promise<void> {
  const deadline = clock.monotonicMs() + MAX_WAIT_MS;
  while (view.version() < wanted) {
    if (clock.monotonicMs() >= deadline) throw tooLarge(wanted, view.version());
    await new Promise<void>((resolve) => clock.after(LOOK_EVERY_MS, resolve));
  }
}

function tooLarge(wanted: number, current: number): HeartlineError {
  return new HeartlineError(
    'TIMEOUT',
    `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    {
      problems: [
        { field: '', message: 'Too large resource version', reason: 'ResourceVersionTooLarge' },
      ],
    },
  );
}
