// SPDX-License-Identifier: Apache-2.0
import { splitOps } from '../log/split-ops.js';
import type { Op } from '../log/transaction.js';
import { isHeld } from '../policy/finalizers.js';
import { isNamespaceKind } from '../policy/kinds.js';
import type { Store } from '../store/store.js';
import {
  DEFAULT_NAMESPACE,
  isTerminating,
  mayNotBeDeleted,
  namespaceTarget,
  objectsIn,
  terminatingStatus,
} from './namespaces.js';
import type { Target } from './object-door.js';
import { planDelete, removalOps } from './plan-delete.js';
import { readStored, type StoredObject } from './stored-object.js';

export interface NamespaceWriter {
  readonly store: Store;
  readonly actor: string;
  readonly reason: string;
  /** Wall clock, milliseconds. */
  readonly time: number;
}

export interface EmptyNamespaceOptions extends NamespaceWriter {
  /** RFC 3339, whole seconds, UTC. */
  readonly now: string;
  /** Ends the ownership of an object; throws when another source owns it. */
  readonly planOwner: (target: Target) => readonly Op[];
}

/**
 * Deletes everything in a namespace, as one transaction when it fits; what finalizers hold is marked, and stays. From
 * the first write on nothing new is taken there, so that nothing is left behind; a process that dies meanwhile goes on
 * at its next start. Throws PERMISSION_DENIED for `default`, and OWNED_ELSEWHERE, before anything is written, when
 * another source owns an object.
 */
export async function emptyNamespace(name: string, options: EmptyNamespaceOptions): Promise<void> {
  if (name === DEFAULT_NAMESPACE) throw mayNotBeDeleted(name);
  const { store, actor, reason, time } = options;
  planRemovals(name, options);
  const commit = async (ops: readonly Op[]): Promise<void> => {
    // A race that is lost is seen by the next look at what is left.
    await store.commit({ actor, reason, time, ops });
  };
  if (!isTerminating(store.get, name)) await commit([terminatingStatus(name)]);
  for (let ops = planRemovals(name, options); ops.length > 0; ops = planRemovals(name, options)) {
    for (const run of splitOps(ops)) await commit(run);
  }
}

function planRemovals(
  name: string,
  { store, now, planOwner }: EmptyNamespaceOptions,
): readonly Op[] {
  return objectsIn(store, name).flatMap((target): readonly Op[] => {
    const current = readTarget(store, target);
    if (current === undefined) return [];
    return [...planDelete(target, current, { now, isInUse: false }).ops, ...planOwner(target)];
  });
}

/** Whether finalizers hold something in the namespace that the target is; false for other kinds. */
export function isNamespaceInUse(store: Store, { kind, name }: Target): boolean {
  if (!isNamespaceKind(kind)) return false;
  return objectsIn(store, name).some((target) => {
    const current = readTarget(store, target);
    return current !== undefined && isHeld(current.object.metadata);
  });
}

/** Takes away the namespaces of these targets that are being deleted and have become empty. */
export async function endNamespaces(
  targets: readonly Target[],
  { store, actor, reason, time }: NamespaceWriter,
): Promise<void> {
  const names = targets.map(({ kind, namespace, name }) =>
    isNamespaceKind(kind) ? name : namespace,
  );
  for (const name of new Set(names)) {
    if (!isTerminating(store.get, name)) continue;
    const target = namespaceTarget(name);
    const current = readTarget(store, target);
    // Without the mark, whoever deletes the namespace is still at it.
    if (current?.object.metadata.deletionTimestamp === undefined) continue;
    if (isHeld(current.object.metadata) || objectsIn(store, name).length > 0) continue;
    // A race that is lost means that somebody else took it away.
    await store.commit({ actor, reason, time, ops: removalOps(target, current) });
  }
}

function readTarget(store: Store, { kind, namespace, name }: Target): StoredObject | undefined {
  return readStored(store.get, kind, namespace, name);
}
