// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../../shared/time/clock.js';
import { jsonEqual } from '../../log/json-equal.js';
import type { JsonValue } from '../../log/transaction.js';
import type { KubeObject } from '../../policy/kube-object.js';
import { createObjectCache } from './object-cache.js';
import type { ObjectView } from './object-view.js';

/** Objects that are computed, not stored. What they are is decided elsewhere and put here. */
export interface VirtualObjects extends ObjectView {
  /** Everything there is: what is not among `objects` goes. */
  replaceAll(objects: Iterable<KubeObject>): void;
  /** Adds or replaces; an object that is equal, its resourceVersion aside, is no change. */
  put(object: KubeObject): void;
  remove(namespace: string, name: string): void;
}

/**
 * An empty collection with a sequence of its own. It begins at the wall clock in milliseconds, so that a
 * revision from before a restart is Expired.
 */
export function createVirtualObjects(options: {
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs'>;
}): VirtualObjects {
  let version = options.clock.wallMs();
  const cache = createObjectCache({
    clock: options.clock,
    since: version,
    version: () => version,
  });
  const write = (namespace: string, name: string, object: KubeObject | undefined): void => {
    version += 1;
    const numbered = object && withVersion(object, version);
    cache.record(version, [{ namespace, name, object: numbered }]);
  };
  const put = (object: KubeObject): void => {
    const { namespace = '', name } = object.metadata;
    const before = cache.get(namespace, name);
    if (before !== undefined && isEqual(before, object)) return;
    write(namespace, name, object);
  };
  const remove = (namespace: string, name: string): void => {
    if (cache.get(namespace, name) !== undefined) write(namespace, name, undefined);
  };

  return {
    ...cache,
    put,
    remove,
    replaceAll(objects) {
      const wanted = [...objects];
      const keys = new Set(wanted.map(keyOf));
      for (const { metadata } of cache.list(undefined).objects) {
        if (!keys.has(keyOf({ metadata }))) remove(metadata.namespace ?? '', metadata.name);
      }
      for (const object of wanted) put(object);
    },
  };
}

function keyOf({ metadata }: Pick<KubeObject, 'metadata'>): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function withVersion(object: KubeObject, version: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

function isEqual(before: KubeObject, object: KubeObject): boolean {
  return jsonEqual(toJson(withVersion(before, 0)), toJson(withVersion(object, 0)));
}

function toJson(object: KubeObject): JsonValue {
  return object as unknown as JsonValue;
}
