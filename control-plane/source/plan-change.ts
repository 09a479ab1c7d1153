// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { jsonEqual } from '../log/json-equal.js';
import type { JsonValue, Op } from '../log/transaction.js';
import { inNamespace, type Kind, objectKey, resourceWord, statusKey } from '../policy/kinds.js';
import type { KubeObject, ObjectMeta } from '../policy/kube-object.js';
import type { ChangeResult } from './object-door.js';
import { resourceVersionOf, type StoredObject } from './stored-object.js';

/** A change after admission: `object` is valid and has its defaults. */
export type AdmittedChange =
  | {
      readonly verb: 'create' | 'replace';
      readonly kind: Kind;
      readonly namespace: string;
      readonly name: string;
      readonly object: KubeObject;
    }
  | {
      readonly verb: 'delete';
      readonly kind: Kind;
      readonly namespace: string;
      readonly name: string;
      readonly resourceVersion?: string;
    };

/** What only the moment of writing knows; used for objects that are new. */
export interface Birth {
  readonly uid: string;
  /** RFC 3339, whole seconds, UTC. */
  readonly creationTimestamp: string;
}

export interface PlannedChange {
  readonly outcome: ChangeResult['outcome'];
  /** As it will be stored; after a delete: as it was. */
  readonly object: KubeObject;
  /** Empty when nothing has to be written. */
  readonly ops: readonly Op[];
}

/**
 * Decides what a change means for what is stored. Throws NOT_FOUND, ALREADY_EXISTS, CONFLICT, or
 * INVALID_ARGUMENT for a resourceVersion that cannot be one.
 */
export function planChange(
  change: AdmittedChange,
  current: StoredObject | undefined,
  birth: Birth,
): PlannedChange {
  if (change.verb === 'create') return planCreate(change.object, change, current, birth);
  if (current === undefined) throw notFound(change);
  if (change.verb === 'delete') return planDelete(change, current, change.resourceVersion);
  return planReplace(change.object, change, current);
}

interface Target {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

function planCreate(
  object: KubeObject,
  target: Target,
  current: StoredObject | undefined,
  birth: Birth,
): PlannedChange {
  if (isPrecondition(object.metadata.resourceVersion)) {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      `${describe(target)}: metadata.resourceVersion must be absent on an object that is to be created: remove it, or replace the object`,
      { subject: target.name },
    );
  }
  if (current !== undefined) {
    throw new HeartlineError(
      'ALREADY_EXISTS',
      `${describe(target)} already exists: replace it, or delete it first`,
      { subject: target.name },
    );
  }
  const stored = storedForm(object, target, { ...birth, generation: 1 });
  const { kind, namespace, name } = target;
  return {
    outcome: 'created',
    object: stored,
    ops: [
      {
        op: 'put',
        key: objectKey(kind, namespace, name),
        value: toJson(stored),
        expectedRevision: 0,
      },
      // Of an object of this name that is gone; a new one must not begin with an old status.
      { op: 'delete', key: statusKey(kind, namespace, name) },
    ],
  };
}

function planReplace(object: KubeObject, target: Target, current: StoredObject): PlannedChange {
  checkPrecondition(target, current, object.metadata.resourceVersion);
  const before = current.object;
  const specChanged = !jsonEqual(bodyOf(before), bodyOf(object));
  const { uid, creationTimestamp, generation = 1 } = before.metadata;
  const stored = storedForm(object, target, {
    ...(uid === undefined ? {} : { uid }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    generation: specChanged ? generation + 1 : generation,
  });
  if (jsonEqual(toJson(stored), toJson(before))) {
    return { outcome: 'unchanged', object: before, ops: [] };
  }
  const key = objectKey(target.kind, target.namespace, target.name);
  const expectedRevision = current.revision;
  return {
    outcome: 'configured',
    object: stored,
    ops: [{ op: 'put', key, value: toJson(stored), expectedRevision }],
  };
}

function planDelete(
  target: Target,
  current: StoredObject,
  resourceVersion: string | undefined,
): PlannedChange {
  checkPrecondition(target, current, resourceVersion);
  const { kind, namespace, name } = target;
  const key = objectKey(kind, namespace, name);
  return {
    outcome: 'deleted',
    object: current.object,
    ops: [
      { op: 'delete', key, expectedRevision: current.revision },
      { op: 'delete', key: statusKey(kind, namespace, name) },
    ],
  };
}

/**
 * A client that read the object since its last write may write it, also when its status moved on
 * meanwhile: a status is never what a client writes, so nothing of anybody's is overwritten.
 */
function checkPrecondition(target: Target, current: StoredObject, given: string | undefined): void {
  if (!isPrecondition(given)) return;
  if (!/^[1-9][0-9]{0,15}$/.test(given)) {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      `${describe(target)}: metadata.resourceVersion ${JSON.stringify(given)} is none that was given out: leave it as it was read, or remove it`,
      { subject: target.name },
    );
  }
  const newest = resourceVersionOf(current);
  if (Number(given) >= current.revision && Number(given) <= newest) return;
  throw new HeartlineError(
    'CONFLICT',
    `${describe(target)} is at resourceVersion ${newest}, the change was made to ${given}: re-read and apply again`,
    { subject: target.name },
  );
}

/** Kubernetes takes an empty resourceVersion and `0` as "any". */
function isPrecondition(resourceVersion: string | undefined): resourceVersion is string {
  return resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== '0';
}

type Identity = Pick<ObjectMeta, 'uid' | 'creationTimestamp' | 'generation'>;

/** What a client may not set comes from `identity`; what it may set comes from the object. */
function storedForm(object: KubeObject, target: Target, identity: Identity): KubeObject {
  const { labels, annotations } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name: target.name,
      ...(target.kind.namespaced ? { namespace: target.namespace } : {}),
      ...identity,
      ...(isEmpty(labels) ? {} : { labels }),
      ...(isEmpty(annotations) ? {} : { annotations }),
    },
    ...bodyOf(object),
  };
}

/** All that a client wrote beside the head: `spec`, or the fields of a kind that has none. */
function bodyOf({ apiVersion: _, kind: __, metadata: ___, status: ____, ...body }: KubeObject) {
  return body as { readonly spec?: JsonValue };
}

function isEmpty<T extends object>(map: T | undefined): map is undefined {
  return map === undefined || Object.keys(map).length === 0;
}

function notFound(target: Target): HeartlineError {
  return new HeartlineError('NOT_FOUND', `${describe(target)} not found`, { subject: target.name });
}

/** How the Kubernetes API names things: resource, group, quoted name. */
function describe({ kind, namespace, name }: Target): string {
  return `${resourceWord(kind)} "${name}"${inNamespace(kind, namespace)}`;
}

function toJson(object: KubeObject): JsonValue {
  return object as unknown as JsonValue;
}
