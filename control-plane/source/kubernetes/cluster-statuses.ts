// SPDX-License-Identifier: Apache-2.0
import { jsonEqual } from '../../log/json-equal.js';
import type { JsonValue } from '../../log/transaction.js';
import { type Kind, objectKey, objectPrefix } from '../../policy/kinds.js';
import { type ClusterObject, statusOf } from './cluster-object.js';

/** The status of an object as the cluster has it, as far as we have heard. */
export interface ClusterStatus {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly status: JsonValue | undefined;
}

/** What the cluster says about the objects that we report on: it is never in our log, and never asked for twice. */
export interface ClusterStatuses {
  replace(kind: Kind, items: readonly ClusterObject[]): void;
  change(kind: Kind, change: 'put' | 'removed', object: ClusterObject): void;
  /** By store key of the object. */
  get(key: string): ClusterStatus | undefined;
  keys(): Iterable<string>;
}

/** `onChange` is called with the store key of each object that is new or whose status is another. */
export function createClusterStatuses(onChange: (key: string) => void): ClusterStatuses {
  const statuses = new Map<string, ClusterStatus>();

  const put = (kind: Kind, object: ClusterObject): void => {
    const { namespace = '', name, resourceVersion } = object.metadata;
    const key = objectKey(kind, namespace, name);
    const before = statuses.get(key);
    const status = statusOf(object);
    statuses.set(key, { kind, namespace, name, resourceVersion, status });
    if (before === undefined || !jsonEqual(before.status, status)) onChange(key);
  };

  return {
    replace(kind, items) {
      const listed = new Set(
        items.map(({ metadata: { namespace = '', name } }) => objectKey(kind, namespace, name)),
      );
      const prefix = objectPrefix(kind);
      for (const key of [...statuses.keys()]) {
        if (key.startsWith(prefix) && !listed.has(key)) statuses.delete(key);
      }
      for (const item of items) put(kind, item);
    },
    change(kind, change, object) {
      const { namespace = '', name } = object.metadata;
      if (change === 'put') put(kind, object);
      else statuses.delete(objectKey(kind, namespace, name));
    },
    get: (key) => statuses.get(key),
    keys: () => statuses.keys(),
  };
}
