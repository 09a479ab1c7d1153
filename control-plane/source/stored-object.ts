// SPDX-License-Identifier: Apache-2.0
import type { Entry, JsonValue } from '../log/transaction.js';
import { type Kind, objectKey, statusKey } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import { redactSecret } from '../policy/secret-data.js';

/** An object as it lies in the store: the object and its status have a key each. */
export interface StoredObject {
  /** Without status and resourceVersion. */
  readonly object: KubeObject;
  /** Sequence that last wrote the object; what a write of the object is checked against. */
  readonly revision: number;
  readonly status: JsonValue | undefined;
  /** Sequence that last wrote the status, 0 when there is none. */
  readonly statusRevision: number;
}

export type GetEntry = (key: string) => Entry | undefined;

export function readStored(
  get: GetEntry,
  kind: Kind,
  namespace: string,
  name: string,
): StoredObject | undefined {
  const entry = get(objectKey(kind, namespace, name));
  return entry && joinStatus(entry, get(statusKey(kind, namespace, name)));
}

export function joinStatus(entry: Entry, status: Entry | undefined): StoredObject {
  return {
    // Only the door writes object keys, and only admitted objects.
    object: entry.value as unknown as KubeObject,
    revision: entry.revision,
    status: status?.value,
    statusRevision: status?.revision ?? 0,
  };
}

/** resourceVersion: the sequence that last wrote the object or its status. */
export function resourceVersionOf({ revision, statusRevision }: StoredObject): number {
  return Math.max(revision, statusRevision);
}

/** The object as clients see it: status and resourceVersion joined in, secret values left out. */
export function toClientObject(stored: StoredObject): KubeObject {
  const { status } = stored;
  const object = redactSecret(stored.object);
  const resourceVersion = String(resourceVersionOf(stored));
  return {
    ...object,
    metadata: { ...object.metadata, resourceVersion },
    ...(status === undefined ? {} : { status }),
  };
}
