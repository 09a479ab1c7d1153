// SPDX-License-Identifier: Apache-2.0
import { splitOps } from '../log/split-ops.js';
import type { Op } from '../log/transaction.js';
import { objectKey, statusKey } from '../policy/kinds.js';
import type { Store } from '../store/store.js';
import { DEFAULT_NAMESPACE, mayNotBeDeleted, objectsIn, terminatingStatus } from './namespaces.js';
import type { Target } from './object-door.js';

export interface EmptyNamespaceOptions {
  readonly store: Store;
  readonly actor: string;
  readonly reason: string;
  readonly time: number;
  /** Ends the ownership of an object; throws when another source owns it. */
  readonly planOwner: (target: Target) => readonly Op[];
}

/**
 * Deletes everything in a namespace, as one transaction when it fits. From the first write on nothing new is taken
 * there, so that nothing is left behind; a process that dies meanwhile goes on at its next start. Throws
 * PERMISSION_DENIED for `default`, and OWNED_ELSEWHERE, before anything is written, when another source owns an object.
 */
export async function emptyNamespace(name: string, options: EmptyNamespaceOptions): Promise<void> {
  if (name === DEFAULT_NAMESPACE) throw mayNotBeDeleted(name);
  const { store, actor, reason, time } = options;
  planRemovals(name, options);
  const commit = async (ops: readonly Op[]): Promise<void> => {
    // A race that is lost is seen by the next look at what is left.
    await store.commit({ actor, reason, time, ops });
  };
  await commit([terminatingStatus(name)]);
  for (let ops = planRemovals(name, options); ops.length > 0; ops = planRemovals(name, options)) {
    for (const run of splitOps(ops)) await commit(run);
  }
}

function planRemovals(name: string, { store, planOwner }: EmptyNamespaceOptions): readonly Op[] {
  return objectsIn(store, name).flatMap((target): readonly Op[] => {
    const { kind, namespace } = target;
    return [
      { op: 'delete', key: objectKey(kind, namespace, target.name) },
      { op: 'delete', key: statusKey(kind, namespace, target.name) },
      ...planOwner(target),
    ];
  });
}
