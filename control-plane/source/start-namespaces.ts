// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../shared/time/clock.js';
import type { Store } from '../store/store.js';
import {
  DEFAULT_NAMESPACE,
  hasNamespace,
  namespacesInUse,
  namespaceTarget,
  newNamespace,
  terminatingNamespaces,
} from './namespaces.js';
import type { ObjectDoor } from './object-door.js';

export interface StartNamespacesOptions {
  readonly store: Store;
  readonly door: ObjectDoor;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly randomUuid: () => string;
}

/**
 * Gives every namespace its object, `default` and those of data that was written before namespaces had objects, and
 * ends deletions that a process did not live to end.
 */
export async function startNamespaces(options: StartNamespacesOptions): Promise<void> {
  const { store, door, clock, randomUuid } = options;
  const time = clock.wallMs();
  const creationTimestamp = `${new Date(time).toISOString().slice(0, 19)}Z`;
  const missing = [...new Set([DEFAULT_NAMESPACE, ...namespacesInUse(store)])].filter(
    (name) => !hasNamespace(store.get, name),
  );
  const ops = missing.flatMap((name) =>
    newNamespace(name, { uid: randomUuid(), creationTimestamp }),
  );
  const caller = { actor: 'namespaces', reason: 'every namespace has an object' };
  if (ops.length > 0) await store.commit({ ...caller, time, ops });
  for (const name of terminatingNamespaces(store)) {
    await door.applyObjects({
      caller: { ...caller, reason: 'the deletion of a namespace is ended' },
      changes: [{ ...namespaceTarget(name), verb: 'delete' }],
      ...{ dryRun: false, fieldValidation: 'Ignore' },
    });
  }
}
