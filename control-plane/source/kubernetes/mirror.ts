// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { toHeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Logger } from '../../../shared/telemetry/logger.js';
import type { Clock, Timer } from '../../../shared/time/clock.js';
import { splitOps } from '../../log/split-ops.js';
import type { Op } from '../../log/transaction.js';
import { type Kind, objectKey, objectPrefix, resourceWord } from '../../policy/kinds.js';
import type { Store } from '../../store/store.js';
import type { ClusterObject } from './cluster-object.js';
import { type Admit, type MirrorWish, planMirror, type Refusal } from './plan-mirror.js';

export interface MirrorOptions {
  readonly store: Pick<Store, 'commit' | 'get' | 'list'>;
  readonly admit: Admit;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Written with every change, so that a restart without the cluster knows what its copy is of, and how old. */
  readonly cluster: string;
  /** An object was refused, or is no longer. */
  readonly onRefusal?: (key: string) => void;
  /** Milliseconds from the first word about a change to its transaction. */
  readonly onWritten?: (lagMs: number, ops: number) => void;
}

/** Keeps our copy of the cluster's objects: what comes is merged, checked, and written as few transactions. */
export interface Mirror {
  replace(kind: Kind, items: readonly ClusterObject[]): void;
  change(kind: Kind, change: 'put' | 'removed', object: ClusterObject): void;
  /** From now on it writes; until then it only collects, so that a first copy is taken of all kinds together. */
  release(): void;
  /** Resolves when everything that came so far is written or refused. */
  idle(): Promise<void>;
  /** Objects of the cluster that are not taken over, by store key. */
  refusals(): ReadonlyMap<string, NotedRefusal>;
  /** Resolves when what was under way is written. */
  stop(): Promise<void>;
}

/** A refusal and since when it is said in these words, milliseconds since the Unix epoch. */
export type NotedRefusal = Refusal & { readonly sinceMs: number };

/** Where the log says what the copy is of; `{cluster, atMs}`, the time of the last change that was taken over. */
const COPY_KEY = 'source/kubernetes';

/** Changes of so long become one transaction, milliseconds: short for an operator, long for a rolling update's endpoints. */
const TICK_MS = 50;
/** Objects that are checked before others get a turn: some 10 ms of work. */
const TURN_SIZE = 128;
const RETRY_MS = 1_000;
const ACTOR = 'source/kubernetes';

/** A wish and when it was first heard of. */
interface Pending {
  readonly wish: MirrorWish;
  readonly sinceMs: number;
}

export function createMirror(options: MirrorOptions): Mirror {
  const { store, admit, clock, logger } = options;
  /** By store key; the newest word about each object. */
  const pending = new Map<string, Pending>();
  /** Keys of the wishes that are being written. */
  let underWay: readonly [string, Pending][] = [];
  const refusals = new Map<string, NotedRefusal>();
  let released = false;
  let stopped = false;
  let timer: Timer | undefined;
  let writing: Promise<void> | undefined;
  const waiting = new Set<() => void>();

  const arm = (delayMs: number): void => {
    if (!released || stopped || timer !== undefined || writing !== undefined) return;
    timer = clock.after(delayMs, () => {
      timer = undefined;
      writing = drain().finally(() => {
        writing = undefined;
        if (pending.size > 0) arm(RETRY_MS);
        else tellIdle();
      });
    });
  };

  const tellIdle = (): void => {
    for (const tell of waiting) tell();
    waiting.clear();
  };

  const want = (wish: MirrorWish): void => {
    const key = objectKey(wish.kind, wish.namespace, wish.name);
    const sinceMs = pending.get(key)?.sinceMs ?? clock.monotonicMs();
    pending.set(key, { wish, sinceMs });
  };

  /** Until nothing is left, or the store refuses. */
  const drain = async (): Promise<void> => {
    while (pending.size > 0 && !stopped) {
      underWay = [...pending].slice(0, TURN_SIZE);
      for (const [key] of underWay) pending.delete(key);
      const isWritten = await writeTurn(underWay).catch((thrown) => {
        logger.error(
          { err: toHeartlineError(thrown) },
          'objects of the cluster were not written, trying again',
        );
        return false;
      });
      if (!isWritten) {
        // What has come meanwhile is newer.
        for (const [key, one] of underWay) if (!pending.has(key)) pending.set(key, one);
      }
      underWay = [];
      if (!isWritten) return;
      await nextTurn();
    }
  };

  const writeTurn = async (turn: readonly [string, Pending][]): Promise<boolean> => {
    const ops = turn.flatMap(([key, { wish }]) => {
      const planned = planMirror(wish, store.get(key), admit);
      noteRefusal(key, planned.refusal);
      return planned.ops;
    });
    if (ops.length === 0) return true;
    for (const run of splitOps(ops)) if (!(await commit(run))) return false;
    const first = Math.min(...turn.map(([, { sinceMs }]) => sinceMs));
    options.onWritten?.(clock.monotonicMs() - first, ops.length);
    return true;
  };

  const commit = async (ops: readonly Op[]): Promise<boolean> => {
    const atMs = clock.wallMs();
    const marker: Op = { op: 'put', key: COPY_KEY, value: { cluster: options.cluster, atMs } };
    const reason = `from Kubernetes cluster ${options.cluster}`;
    const result = await store.commit({ actor: ACTOR, reason, time: atMs, ops: [...ops, marker] });
    return result.ok;
  };

  const noteRefusal = (key: string, refusal: Refusal | undefined): void => {
    const before = refusals.get(key);
    if (refusal === undefined) {
      if (refusals.delete(key)) options.onRefusal?.(key);
      return;
    }
    const isSaid = before?.message === refusal.message;
    refusals.set(key, { ...refusal, sinceMs: isSaid ? before.sinceMs : clock.wallMs() });
    options.onRefusal?.(key);
    if (isSaid) return;
    const { kind, namespace, name, message } = refusal;
    logger.warn(
      { resource: resourceWord(kind), namespace, name, message },
      'an object of the cluster is not taken over, its last good copy stands',
    );
  };

  return {
    replace(kind, items) {
      const prefix = objectPrefix(kind);
      const listed = new Map(items.map((object) => [keyOf(kind, object), object]));
      for (const [key, { wish }] of pending)
        if (wish.kind === kind && !listed.has(key)) pending.delete(key);
      for (const object of listed.values()) want(wishOf(kind, object));
      const known = [
        ...store.list(prefix).entries.map(({ key }) => key),
        ...underWay.map(([key]) => key).filter((key) => key.startsWith(prefix)),
        ...[...refusals.keys()].filter((key) => key.startsWith(prefix)),
      ];
      for (const key of known) {
        if (listed.has(key)) continue;
        const [namespace = '', name = ''] = key.slice(prefix.length).split('/');
        want({ kind, namespace, name, object: undefined });
      }
      arm(TICK_MS);
    },
    change(kind, change, object) {
      want({ ...wishOf(kind, object), object: change === 'put' ? object : undefined });
      arm(TICK_MS);
    },
    release() {
      released = true;
      if (pending.size > 0) arm(0);
    },
    idle: () =>
      new Promise((resolve) => {
        if (pending.size === 0 && writing === undefined) resolve();
        else waiting.add(resolve);
      }),
    refusals: () => refusals,
    async stop() {
      stopped = true;
      timer?.cancel();
      await writing;
      tellIdle();
    },
  };
}

function wishOf(kind: Kind, object: ClusterObject): MirrorWish {
  const { namespace = '', name } = object.metadata;
  return { kind, namespace, name, object };
}

function keyOf(kind: Kind, { metadata: { namespace = '', name } }: ClusterObject): string {
  return objectKey(kind, namespace, name);
}

/** What the log knows of an earlier copy. */
export interface KnownCopy {
  readonly cluster: string;
  readonly atMs: number;
}

export function readKnownCopy(store: Pick<Store, 'get'>): KnownCopy | undefined {
  return store.get(COPY_KEY)?.value as unknown as KnownCopy | undefined;
}
