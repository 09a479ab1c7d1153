// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../../log/transaction.js';
import type { KubeObject, ObjectMeta } from '../../policy/kube-object.js';
import { isJsonObject } from '../../policy/structural-schema.js';

/** An object as the cluster sent it: it has a name and a resourceVersion, and nothing else is known of it. */
export interface ClusterObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    /** Opaque; only ever sent back. */
    readonly resourceVersion: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/**
 * Annotations that others write for themselves. The first repeats the whole object, and of a Secret its values; the
 * second changes with every endpoint.
 */
const BOOKKEEPING_ANNOTATIONS: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'endpoints.kubernetes.io/last-change-trigger-time',
]);

/** Undefined for what is no object of a cluster at all. A bookmark has no name; it needs none. */
export function readClusterObject(value: unknown, isBookmark = false): ClusterObject | undefined {
  if (!isJsonObject(value) || !isJsonObject(value['metadata'])) return undefined;
  const { name, namespace, resourceVersion } = value['metadata'];
  if (typeof resourceVersion !== 'string' || resourceVersion === '') return undefined;
  if (!isBookmark && (typeof name !== 'string' || name === '')) return undefined;
  if (namespace !== undefined && typeof namespace !== 'string') return undefined;
  return value as unknown as ClusterObject;
}

/**
 * An admitted object as it is mirrored: identity and generation as the cluster gave them, no resourceVersion (it moves
 * with every status and every owner of a field), none of the annotations that others keep for themselves.
 */
export function mirroredForm(object: KubeObject): KubeObject {
  const { metadata, status: _, ...body } = object;
  const { name, namespace, uid, creationTimestamp, generation, labels = {} } = metadata;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(
    ([key]) => !BOOKKEEPING_ANNOTATIONS.has(key),
  );
  const kept: ObjectMeta = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(generation === undefined ? {} : { generation }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
  };
  return { ...body, metadata: kept };
}

/** metadata.generation; undefined for kinds that have none. */
export function generationOf({ metadata }: ClusterObject): number | undefined {
  const { generation } = metadata;
  return typeof generation === 'number' ? generation : undefined;
}

export function statusOf(object: ClusterObject): JsonValue | undefined {
  return object['status'] as JsonValue | undefined;
}
