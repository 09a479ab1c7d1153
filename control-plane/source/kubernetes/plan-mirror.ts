// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { jsonEqual } from '../../log/json-equal.js';
import { FRAME_BYTES } from '../../log/split-ops.js';
import {
  type Entry,
  type JsonValue,
  MAX_TRANSACTION_BYTES,
  type Op,
} from '../../log/transaction.js';
import { apiVersionOf, type Kind, objectKey, statusKey } from '../../policy/kinds.js';
import type { KubeObject } from '../../policy/kube-object.js';
import { type ClusterObject, mirroredForm } from './cluster-object.js';

/** What the cluster says about one object: as it is there, or undefined when it is gone. */
export interface MirrorWish {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly object: ClusterObject | undefined;
}

/** Why an object of the cluster is not taken over; the copy from before stays. */
export interface Refusal {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly object: ClusterObject;
  /** A sentence for the operator, with every field that is wrong. */
  readonly message: string;
}

export interface PlannedWish {
  /** Empty when the copy is what it should be. */
  readonly ops: readonly Op[];
  readonly refusal: Refusal | undefined;
}

/** Checks an object as the API does: returns it with its defaults, or throws a HeartlineError. */
export type Admit = (kind: Kind, object: unknown) => KubeObject;

/**
 * What has to be written so that the copy is what the cluster has. Only what we keep counts: a new status, another
 * owner of a field or a new resourceVersion writes nothing.
 */
export function planMirror(wish: MirrorWish, stored: Entry | undefined, admit: Admit): PlannedWish {
  const { kind, namespace, name, object } = wish;
  if (object === undefined) return { ops: planRemoval(wish, stored), refusal: undefined };
  let wanted: KubeObject;
  try {
    // Items of a list carry neither kind nor apiVersion.
    wanted = mirroredForm(
      admit(kind, { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind }),
    );
  } catch (thrown) {
    if (!(thrown instanceof HeartlineError)) throw thrown;
    return { ops: [], refusal: { kind, namespace, name, object, message: thrown.message } };
  }
  const bytes = Buffer.byteLength(JSON.stringify(wanted));
  if (bytes > MAX_OBJECT_BYTES) {
    const message = `the object has ${bytes} bytes, at most ${MAX_OBJECT_BYTES} can be kept: split it`;
    return { ops: [], refusal: { kind, namespace, name, object, message } };
  }
  return { ops: planPut(wish, wanted, stored), refusal: undefined };
}

/** What one transaction holds beside its frame: etcd takes objects that are larger. */
const MAX_OBJECT_BYTES = MAX_TRANSACTION_BYTES - 2 * FRAME_BYTES;

function planPut(
  { kind, namespace, name }: MirrorWish,
  wanted: KubeObject,
  stored: Entry | undefined,
): readonly Op[] {
  const value = wanted as unknown as JsonValue;
  if (jsonEqual(stored?.value, value)) return [];
  const key = objectKey(kind, namespace, name);
  const put: Op = { op: 'put', key, value, expectedRevision: stored?.revision ?? 0 };
  const before = stored?.value as unknown as KubeObject | undefined;
  if (before !== undefined && before.metadata.uid === wanted.metadata.uid) return [put];
  // Another object than before, of the same name: it must not begin with the status of the old one.
  return [put, { op: 'delete', key: statusKey(kind, namespace, name) }];
}

function planRemoval(
  { kind, namespace, name }: MirrorWish,
  stored: Entry | undefined,
): readonly Op[] {
  if (stored === undefined) return [];
  return [
    { op: 'delete', key: stored.key, expectedRevision: stored.revision },
    { op: 'delete', key: statusKey(kind, namespace, name) },
  ];
}
