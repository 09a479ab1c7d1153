// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { isJsonObject } from '../policy/structural-schema.js';
import type { Target } from './object-door.js';

/** Throws when an object is not the one that the request names; a name that it leaves out is the request's. */
export function checkIdentity(target: Target, object: unknown): void {
  const metadata = isJsonObject(object) ? object['metadata'] : undefined;
  if (!isJsonObject(metadata)) return;
  const { name, namespace } = metadata;
  if (typeof name === 'string' && name !== '' && name !== target.name) {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      `the name of the object (${name}) does not match the name on the URL (${target.name})`,
      { subject: target.name },
    );
  }
  // Admission refuses a namespace where there is none to have.
  if (!target.kind.namespaced) return;
  if (typeof namespace !== 'string' || namespace === '' || namespace === target.namespace) return;
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    'the namespace of the provided object does not match the namespace sent on the request',
    { subject: target.name },
  );
}
