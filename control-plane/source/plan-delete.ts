// SPDX-License-Identifier: Apache-2.0
import type { JsonValue, Op } from '../log/transaction.js';
import { describeNewHolders, isHeld } from '../policy/finalizers.js';
import { isNamespaceKind, objectKey, statusKey } from '../policy/kinds.js';
import type { KubeObject, ObjectMeta } from '../policy/kube-object.js';
import { DEFAULT_NAMESPACE, mayNotBeDeleted } from './namespaces.js';
import type { Target } from './object-door.js';
import type { PlannedChange } from './planned-change.js';
import { invalidField, preconditionFailed } from './refusals.js';
import { resourceVersionOf, type StoredObject } from './stored-object.js';

/** A wish to delete, with its preconditions; absent = any. */
export interface Deletion extends Target {
  readonly resourceVersion?: string;
  readonly uid?: string;
}

export interface DeleteContext {
  /** RFC 3339, whole seconds, UTC. */
  readonly now: string;
  /** Something is left in the namespace that is to be deleted; false for other kinds. */
  readonly isInUse: boolean;
}

/**
 * An object goes at once, unless finalizers hold it: then it is marked, and goes with the last of them. Asked again, a
 * marked object stays as it is. Throws CONFLICT for a precondition that does not hold, PERMISSION_DENIED for `default`.
 */
export function planDelete(
  deletion: Deletion,
  current: StoredObject,
  { now, isInUse }: DeleteContext,
): PlannedChange {
  if (isNamespaceKind(deletion.kind) && deletion.name === DEFAULT_NAMESPACE) {
    throw mayNotBeDeleted(deletion.name);
  }
  checkPreconditions(deletion, current);
  const { object, status, revision: expectedRevision } = current;
  const { metadata } = object;
  if (!isInUse && !isHeld(metadata)) {
    return { outcome: 'deleted', object, status, ops: removalOps(deletion, current) };
  }
  if (metadata.deletionTimestamp !== undefined) {
    return { outcome: 'unchanged', object, status, ops: [] };
  }
  const generation = (metadata.generation ?? 1) + 1;
  const mark = { deletionTimestamp: now, deletionGracePeriodSeconds: 0, generation };
  const marked = { ...object, metadata: { ...metadata, ...mark } };
  const key = objectKey(deletion.kind, deletion.namespace, deletion.name);
  const value = marked as unknown as JsonValue;
  return {
    outcome: 'configured',
    ...{ object: marked, status },
    ops: [{ op: 'put', key, value, expectedRevision }],
  };
}

/** The writes that take an object and its status away. */
export function removalOps(
  { kind, namespace, name }: Target,
  { revision: expectedRevision }: Pick<StoredObject, 'revision'>,
): readonly Op[] {
  return [
    { op: 'delete', key: objectKey(kind, namespace, name), expectedRevision },
    { op: 'delete', key: statusKey(kind, namespace, name) },
  ];
}

/** What an object keeps that is being deleted. */
export function deletionMark({
  deletionTimestamp,
  deletionGracePeriodSeconds = 0,
}: ObjectMeta): Pick<ObjectMeta, 'deletionTimestamp' | 'deletionGracePeriodSeconds'> {
  if (deletionTimestamp === undefined) return {};
  return { deletionTimestamp, deletionGracePeriodSeconds };
}

/**
 * Whether a write is the last one of an object that is being deleted: nothing holds it any more. Throws INVALID_OBJECT
 * for a finalizer that was not there when the deletion began.
 */
export function endsObject(target: Target, before: KubeObject, { metadata }: KubeObject): boolean {
  if (before.metadata.deletionTimestamp === undefined) return false;
  const problem = describeNewHolders(before.metadata, metadata);
  if (problem !== undefined) throw invalidField(target, problem);
  return !isHeld(metadata);
}

function checkPreconditions(deletion: Deletion, current: StoredObject): void {
  const { uid = '', resourceVersion = '' } = deletion;
  const found = { UID: current.object.metadata.uid ?? '', version: resourceVersionOf(current) };
  if (uid !== '' && uid !== found.UID) {
    throw preconditionFailed(deletion, { field: 'UID', wanted: uid, found: found.UID });
  }
  if (resourceVersion === '' || resourceVersion === String(found.version)) return;
  // A status that moved on meanwhile is not what a client looked at.
  if (isWithin(resourceVersion, current.revision, found.version)) return;
  throw preconditionFailed(deletion, {
    field: 'ResourceVersion',
    wanted: resourceVersion,
    found: String(found.version),
  });
}

/** Whether a version lies between two, both included. */
export function isWithin(resourceVersion: string, oldest: number, newest: number): boolean {
  return Number(resourceVersion) >= oldest && Number(resourceVersion) <= newest;
}
