// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../../shared/time/clock.js';
import type { Entry, Op, Transaction } from '../../log/transaction.js';
import { apiVersionOf, type Kind, objectKey, objectPrefix } from '../../policy/kinds.js';
import type { KubeObject } from '../../policy/kube-object.js';
import { readStored, toClientObject } from '../../source/stored-object.js';
import type { Store } from '../../store/store.js';
import { createObjectCache, type ObjectCache, type ObjectWrite } from './object-cache.js';
import type { ObjectView } from './object-view.js';

export interface LogFollowerOptions {
  readonly store: Pick<Store, 'get' | 'list'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly kinds: readonly Kind[];
  /** The first transaction that is taken comes after this one. */
  readonly since: number;
}

/** Turns transactions into changes of objects, each with its status joined in, as clients see them. */
export interface LogFollower {
  readonly views: ReadonlyMap<Kind, ObjectView>;
  take(transaction: Transaction): void;
  /** Called once, when everything in the log was taken: adds what it did not speak of. */
  complete(): void;
  version(): number;
}

interface Followed {
  readonly kind: Kind;
  readonly cache: ObjectCache;
}

interface Address {
  readonly followed: Followed;
  readonly namespace: string;
  readonly name: string;
}

export function createLogFollower(options: LogFollowerOptions): LogFollower {
  const { store, clock, kinds, since } = options;
  let seq = since;
  const version = (): number => seq;
  const followed: Followed[] = kinds.map((kind) => ({
    kind,
    cache: createObjectCache({ clock, since, version }),
  }));
  const byPrefix = new Map(followed.map((one) => [prefixOf(one.kind), one]));
  // The store runs ahead of the transactions it hands out; this is the state as of `seq`.
  const entries = new Map<string, Entry | undefined>();
  let isComplete = false;

  const find = (key: string): Entry | undefined => {
    if (isComplete || entries.has(key)) return entries.get(key);
    // Written before the part of the log that was read: as it is now, or the next change corrects it.
    const entry = store.get(key);
    return entry && { ...entry, revision: Math.min(entry.revision, seq) };
  };
  const locate = (key: string): Address | undefined => {
    const [room = '', group, plural, namespace = '', name = ''] = key.split('/');
    if (!ROOMS.has(room)) return undefined;
    const one = byPrefix.get(`${group}/${plural}`);
    return one && { followed: one, namespace, name };
  };
  const note = (op: Op): Address | undefined => {
    const address = locate(op.key);
    if (address === undefined) return undefined;
    const { kind, cache } = address.followed;
    const isKnown = isComplete || entries.has(op.key);
    if (!isKnown && op.op === 'delete' && op.key.startsWith(objectPrefix(kind))) {
      cache.fill([tombstone(address)]);
    }
    if (op.op === 'put') entries.set(op.key, { key: op.key, value: op.value, revision: seq });
    else if (isComplete) entries.delete(op.key);
    else entries.set(op.key, undefined);
    return address;
  };

  return {
    views: new Map(followed.map(({ kind, cache }) => [kind, cache])),
    version,
    take(transaction) {
      seq = transaction.seq;
      const touched = new Map<string, Address>();
      for (const op of transaction.ops) {
        const address = note(op);
        if (address !== undefined) touched.set(objectKeyOf(address), address);
      }
      for (const [cache, writes] of groupWrites(touched.values(), find)) cache.record(seq, writes);
    },
    complete() {
      for (const entry of [...store.list('objects/').entries, ...store.list('status/').entries]) {
        if (!entries.has(entry.key)) entries.set(entry.key, entry);
      }
      isComplete = true;
      for (const { kind, cache } of followed) cache.fill(currentObjects(kind, store, find));
    },
  };
}

const ROOMS: ReadonlySet<string> = new Set(['objects', 'status']);

function prefixOf(kind: Kind): string {
  return objectPrefix(kind).split('/').slice(1, 3).join('/');
}

function objectKeyOf({ followed, namespace, name }: Address): string {
  return objectKey(followed.kind, namespace, name);
}

function groupWrites(
  touched: Iterable<Address>,
  find: (key: string) => Entry | undefined,
): ReadonlyMap<ObjectCache, readonly ObjectWrite[]> {
  const writes = new Map<ObjectCache, ObjectWrite[]>();
  for (const { followed, namespace, name } of touched) {
    const stored = readStored(find, followed.kind, namespace, name);
    const write = { namespace, name, object: stored && toClientObject(stored) };
    const list = writes.get(followed.cache);
    if (list === undefined) writes.set(followed.cache, [write]);
    else list.push(write);
  }
  return writes;
}

function* currentObjects(
  kind: Kind,
  store: LogFollowerOptions['store'],
  find: (key: string) => Entry | undefined,
): Generator<KubeObject> {
  for (const { value } of store.list(objectPrefix(kind)).entries) {
    const { namespace = '', name } = (value as unknown as KubeObject).metadata;
    const stored = readStored(find, kind, namespace, name);
    if (stored !== undefined) yield toClientObject(stored);
  }
}

/** Stands for an object that is gone and was written before the part of the log that was read. */
function tombstone({ followed: { kind }, namespace, name }: Address): KubeObject {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: kind.namespaced ? { name, namespace } : { name },
  };
}
