// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../../shared/names/sort.js';
import type { Clock } from '../../../shared/time/clock.js';
import type { KubeObject } from '../../policy/kube-object.js';
import { createChangeWindow } from './change-window.js';
import type { ObjectView, ObservedChange } from './object-view.js';

/** The new value of one object; undefined removes it. */
export interface ObjectWrite {
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
}

/** A view and the one place where its objects change. */
export interface ObjectCache extends ObjectView {
  /** Takes what one version wrote, in order, and hands it to the watchers. Versions rise. */
  record(version: number, writes: readonly ObjectWrite[]): void;
  /** Objects that were there all along and are not known yet: no change, nobody hears of them. */
  fill(objects: Iterable<KubeObject>): void;
}

export interface ObjectCacheOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Changes up to this version are not known. */
  readonly since: number;
  /** Of the newest state; may run ahead of the changes of this cache. */
  readonly version: () => number;
}

/** Immutable objects by name, the changes that led to them, and who wants to hear of the next. */
export function createObjectCache({ clock, since, version }: ObjectCacheOptions): ObjectCache {
  const objects = new Map<string, KubeObject>();
  const window = createChangeWindow({ clock, since });
  const watchers = new Set<(change: ObservedChange) => void>();
  let sorted: readonly KubeObject[] | undefined;
  // The older state that was asked for last: the pages of one list ask for it again and again.
  let pinned: { readonly at: number; readonly objects: readonly KubeObject[] } | undefined;

  const sortedObjects = (): readonly KubeObject[] => {
    sorted ??= [...objects.values()].sort(byName);
    return sorted;
  };
  const write = (at: number, { namespace, name, object }: ObjectWrite, isContinued: boolean) => {
    const key = keyOf(namespace, name);
    const before = objects.get(key);
    if (before === undefined && object === undefined) return;
    if (object === undefined) objects.delete(key);
    else objects.set(key, object);
    sorted = undefined;
    const change = { version: at, before, after: object };
    const observed: ObservedChange = isContinued ? { ...change, isContinued } : change;
    window.add(observed, version());
    for (const watcher of [...watchers]) if (watchers.has(watcher)) watcher(observed);
  };

  return {
    get: (namespace, name) => objects.get(keyOf(namespace, name)),
    list: (namespace) => listed(within(sortedObjects(), namespace), version()),
    listAt(at, namespace) {
      if (at === version()) return listed(within(sortedObjects(), namespace), at);
      const then = pinned?.at === at ? pinned.objects : undo(objects, window.after(at, version()));
      pinned = { at, objects: then };
      return listed(within(then, namespace), at);
    },
    version,
    watch(after, onChange) {
      let isStopped = false;
      for (const change of window.after(after, version())) if (!isStopped) onChange(change);
      watchers.add(onChange);
      return () => {
        isStopped = true;
        watchers.delete(onChange);
      };
    },
    record(at, writes) {
      writes.forEach((one, index) => {
        write(at, one, index < writes.length - 1);
      });
    },
    fill(found) {
      for (const object of found) {
        const key = keyOfObject(object);
        if (!objects.has(key)) objects.set(key, object);
      }
      sorted = undefined;
    },
  };
}

/** The objects as they were before these changes, which are the newest. */
function undo(
  objects: ReadonlyMap<string, KubeObject>,
  changes: readonly ObservedChange[],
): readonly KubeObject[] {
  const then = new Map(objects);
  for (const { before, after } of [...changes].reverse()) {
    const key = keyOfObject(before ?? after);
    if (before === undefined) then.delete(key);
    else then.set(key, before);
  }
  return [...then.values()].sort(byName);
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function keyOfObject(object: KubeObject | undefined): string {
  return keyOf(object?.metadata.namespace ?? '', object?.metadata.name ?? '');
}

function byName({ metadata: a }: KubeObject, { metadata: b }: KubeObject): number {
  return compareText(a.namespace ?? '', b.namespace ?? '') || compareText(a.name, b.name);
}

function within(
  sorted: readonly KubeObject[],
  namespace: string | undefined,
): readonly KubeObject[] {
  if (namespace === undefined) return sorted;
  return sorted.filter(({ metadata }) => (metadata.namespace ?? '') === namespace);
}

function listed(objects: readonly KubeObject[], version: number) {
  return { objects, resourceVersion: String(version) };
}
