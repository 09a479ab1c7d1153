// SPDX-License-Identifier: Apache-2.0
import { jsonEqual } from '../log/json-equal.js';
import type { JsonValue, Op } from '../log/transaction.js';
import type { JsonObject } from '../merge/json-object.js';
import { type ManagedFieldsEntry, readManagedFields, type Writer } from '../merge/manager.js';
import { managersToKeep } from '../merge/sent-managers.js';
import { trackUpdate } from '../merge/track-update.js';
import { isNamespaceKind, objectKey, statusKey } from '../policy/kinds.js';
import type { KubeObject, ObjectMeta } from '../policy/kube-object.js';
import type { StructuralSchema } from '../policy/structural-schema.js';
import { ACTIVE, activeStatus, completeNamespace } from './namespaces.js';
import type { Target } from './object-door.js';
import { deletionMark, endsObject, isWithin, planDelete, removalOps } from './plan-delete.js';
import type { PlannedChange } from './planned-change.js';
import { alreadyExists, badVersion, cannotFulfil, notFound, wasModified } from './refusals.js';
import { resourceVersionOf, type StoredObject } from './stored-object.js';

/** Who owns the fields afterwards: worked out by an apply, or from what a write changes. */
export interface Ownership {
  /** The result of an apply; absent = by what the write changes. */
  readonly managers?: readonly ManagedFieldsEntry[];
  /** metadata.managedFields as the client sent it. */
  readonly sentManagers?: unknown;
}

/** A change after admission: `object` is valid and has its defaults. */
export type AdmittedChange =
  | (Target & Ownership & { readonly verb: 'create' | 'replace'; readonly object: KubeObject })
  | (Target &
      Ownership & {
        readonly verb: 'replace-status';
        /** Says which object at which version is meant; only its metadata is looked at. */
        readonly metadata: ObjectMeta;
        readonly status: JsonValue | undefined;
      })
  | (Target & {
      readonly verb: 'delete';
      readonly resourceVersion?: string;
      readonly uid?: string;
    });

/** An admitted change with what its author should know. */
export interface Admitted {
  readonly change: AdmittedChange;
  readonly warnings: readonly string[];
}

/** What only the moment of writing knows; used for objects that are new. */
export interface Birth {
  readonly uid: string;
  /** RFC 3339, whole seconds, UTC. */
  readonly creationTimestamp: string;
}

/** Beside the change itself, what a plan depends on. */
export interface PlanContext {
  readonly birth: Birth;
  readonly writer: Writer;
  /** How the kind's objects are owned. */
  readonly schema: StructuralSchema;
  /** Something is left in the namespace that the change is about; false for other kinds. */
  readonly isInUse: boolean;
}

/**
 * Decides what a change means for what is stored. Throws NOT_FOUND, ALREADY_EXISTS, CONFLICT, or
 * INVALID_OBJECT for a resourceVersion that cannot be one.
 */
export function planChange(
  change: AdmittedChange,
  current: StoredObject | undefined,
  context: PlanContext,
): PlannedChange {
  if (change.verb === 'create') return planCreate(change, current, context);
  if (current === undefined) throw notFound(change);
  switch (change.verb) {
    case 'replace':
      return planReplace(change, current, context);
    case 'replace-status':
      return planStatus(change, current, context);
    case 'delete':
      return planDelete(change, current, { now: context.writer.time, isInUse: context.isInUse });
  }
}

type ObjectWrite = AdmittedChange & { readonly verb: 'create' | 'replace' };

function planCreate(
  change: ObjectWrite,
  current: StoredObject | undefined,
  { birth, writer, schema }: PlanContext,
): PlannedChange {
  const { object, kind, namespace, name } = change;
  if (isPrecondition(object.metadata.resourceVersion)) {
    throw badVersion(change, 'should not be set on objects to be created');
  }
  if (current !== undefined) throw alreadyExists(change);
  const fresh = storedForm(object, change, { ...birth, generation: 1 });
  const isNamespace = isNamespaceKind(kind);
  const managers =
    change.managers ??
    trackUpdate({
      ...{ schema, writer, before: undefined, after: toJson(fresh) },
      managers: managersToKeep(change.sentManagers, []),
      part: 'object',
    });
  const stored = withManagers(fresh, managers);
  const key = objectKey(kind, namespace, name);
  return {
    outcome: 'created',
    object: stored,
    status: isNamespace ? ACTIVE : undefined,
    ops: [
      { op: 'put', key, value: toJson(stored), expectedRevision: 0 },
      // Of an object of this name that is gone; a new one must not begin with an old status.
      isNamespace ? activeStatus(name) : { op: 'delete', key: statusKey(kind, namespace, name) },
    ],
  };
}

function planReplace(
  change: ObjectWrite,
  current: StoredObject,
  { writer, schema, isInUse }: PlanContext,
): PlannedChange {
  const { object } = change;
  const newest = resourceVersionOf(current);
  checkVersion(change, object.metadata, { oldest: current.revision, newest });
  checkUid(change, object.metadata.uid, current);
  const before = current.object;
  const specChanged = !jsonEqual(bodyOf(before), bodyOf(object));
  const { uid, creationTimestamp, generateName, generation = 1 } = before.metadata;
  const plain = storedForm(object, change, {
    ...(generateName === undefined ? {} : { generateName }),
    ...(uid === undefined ? {} : { uid }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    generation: specChanged ? generation + 1 : generation,
    ...deletionMark(before.metadata),
  });
  const isLast = endsObject(change, before, plain) && !isInUse;
  const managers =
    change.managers ??
    trackUpdate({
      ...{ schema, writer, before: toJson(before), after: toJson(plain) },
      managers: managersToKeep(change.sentManagers, managersOf(before)),
      part: 'object',
    });
  const stored = withManagers(plain, managers);
  const { status } = current;
  if (isLast) {
    return { outcome: 'deleted', object: stored, status, ops: removalOps(change, current) };
  }
  const ops = putObject(change, current, stored);
  if (ops.length === 0) return { outcome: 'unchanged', object: before, status, ops };
  return { outcome: 'configured', object: stored, status, ops };
}

/** The status has a key of its own; the object is written only when the owners of its status change. */
function planStatus(
  change: AdmittedChange & { readonly verb: 'replace-status' },
  current: StoredObject,
  { writer, schema }: PlanContext,
): PlannedChange {
  const { kind, namespace, name, status, metadata } = change;
  const newest = resourceVersionOf(current);
  // Not an older one: somebody else's status would be overwritten.
  checkVersion(change, metadata, { oldest: newest, newest });
  checkUid(change, metadata.uid, current);
  const managers =
    change.managers ??
    trackUpdate({
      ...{ schema, writer, managers: managersOf(current.object) },
      before: withStatus(current.object, current.status),
      after: withStatus(current.object, status),
      part: 'status',
    });
  const stored = withManagers(current.object, managers);
  const key = statusKey(kind, namespace, name);
  const expectedRevision = current.statusRevision;
  const isSame = jsonEqual(current.status, status);
  const statusOps: readonly Op[] =
    status === undefined
      ? [{ op: 'delete', key, expectedRevision }]
      : [{ op: 'put', key, value: status, expectedRevision }];
  const ops = [...(isSame ? [] : statusOps), ...putObject(change, current, stored)];
  return {
    outcome: ops.length === 0 ? 'unchanged' : 'configured',
    ...{ object: stored, status, ops },
  };
}

/** The write of an object that is not as it was, or nothing. */
function putObject(target: Target, current: StoredObject, stored: KubeObject): readonly Op[] {
  const { object: before, revision: expectedRevision } = current;
  if (stored === before || jsonEqual(toJson(stored), toJson(before))) return [];
  const key = objectKey(target.kind, target.namespace, target.name);
  return [{ op: 'put', key, value: toJson(stored), expectedRevision }];
}

/**
 * A client that read the object since its last write may write it, also when its status moved on
 * meanwhile: a status is never what a client writes, so nothing of anybody's is overwritten.
 */
function checkVersion(
  target: Target,
  { resourceVersion }: ObjectMeta,
  { oldest, newest }: { readonly oldest: number; readonly newest: number },
): void {
  if (!isPrecondition(resourceVersion)) return;
  if (!/^[1-9][0-9]{0,15}$/.test(resourceVersion)) {
    const shown = JSON.stringify(resourceVersion);
    throw badVersion(
      target,
      `${shown} is none that was given out: leave it as it was read, or remove it`,
    );
  }
  if (!isWithin(resourceVersion, oldest, newest)) throw wasModified(target);
}

function checkUid(target: Target, uid: string | undefined, current: StoredObject): void {
  const { uid: found } = current.object.metadata;
  if (uid === undefined || uid === '' || found === undefined || uid === found) return;
  throw cannotFulfil(
    target,
    `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found}`,
  );
}

/** Kubernetes takes an empty resourceVersion and `0` as "any". */
function isPrecondition(resourceVersion: string | undefined): resourceVersion is string {
  return resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== '0';
}

type Identity = Pick<
  ObjectMeta,
  | 'uid'
  | 'creationTimestamp'
  | 'generation'
  | 'generateName'
  | 'deletionTimestamp'
  | 'deletionGracePeriodSeconds'
>;

/** What a client may not set comes from `identity`; what it may set comes from the object. */
function storedForm(object: KubeObject, target: Target, identity: Identity): KubeObject {
  const { labels, annotations, generateName, finalizers, ownerReferences } = object.metadata;
  const stored: KubeObject = {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name: target.name,
      ...(generateName === undefined ? {} : { generateName }),
      ...(target.kind.namespaced ? { namespace: target.namespace } : {}),
      ...identity,
      ...(isEmpty(labels) ? {} : { labels }),
      ...(isEmpty(annotations) ? {} : { annotations }),
      ...(isEmpty(finalizers) ? {} : { finalizers }),
      ...(isEmpty(ownerReferences) ? {} : { ownerReferences }),
    },
    ...bodyOf(object),
  };
  return isNamespaceKind(target.kind) ? completeNamespace(stored) : stored;
}

/** Entries that the object has already leave it as it is. */
function withManagers(object: KubeObject, managers: readonly ManagedFieldsEntry[]): KubeObject {
  const { managedFields: before, ...metadata } = object.metadata;
  const managedFields = managers as unknown as readonly JsonValue[];
  if (before !== undefined && jsonEqual(before, managedFields)) return object;
  if (managers.length === 0) return before === undefined ? object : { ...object, metadata };
  return { ...object, metadata: { ...metadata, managedFields } };
}

/** The entries of a stored object; only the door writes them. */
export function managersOf({ metadata }: KubeObject): readonly ManagedFieldsEntry[] {
  return readManagedFields(metadata.managedFields ?? []) ?? [];
}

function withStatus(object: KubeObject, status: JsonValue | undefined): JsonObject {
  return status === undefined ? toJson(object) : { ...toJson(object), status };
}

/** All that a client wrote beside the head: `spec`, or the fields of a kind that has none. */
function bodyOf({ apiVersion: _, kind: __, metadata: ___, status: ____, ...body }: KubeObject) {
  return body as { readonly spec?: JsonValue };
}

function isEmpty<T extends object>(map: T | undefined): map is undefined {
  return map === undefined || Object.keys(map).length === 0;
}

function toJson(object: KubeObject): JsonObject {
  return object as unknown as JsonObject;
}
