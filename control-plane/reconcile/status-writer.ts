// SPDX-License-Identifier: Apache-2.0
import { toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { GatewayRef, HeartlineEvent } from '../../shared/events/event.js';
import { formatNamespacedName } from '../../shared/names/gateway-name.js';
import { ADDRESS_TYPE_URL } from '../../shared/names/type-urls.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { Bus } from '../bus/bus.js';
import type { GatewayFacts } from '../compile/gateway-facts.js';
import type { ObjectStatus, StatusInput } from '../compile/status.js';
import { jsonEqual } from '../log/json-equal.js';
import { splitOps } from '../log/split-ops.js';
import type { Op } from '../log/transaction.js';
import { objectKey, statusKey } from '../policy/kinds.js';
import type { Store } from '../store/store.js';
import { OBJECTS_PREFIX, type ObjectRef, parseObjectKey } from './object-ref.js';
import type { Reconciler } from './reconciler.js';
import { isOnlyCounting } from './status-change.js';
import { gatherScope, type StatusScope } from './status-scope.js';

export interface StatusWriterOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cluster: string;
  /** Versions come before status: it waits for `idle`. */
  readonly reconciler: Pick<Reconciler, 'index' | 'idle' | 'isPublished'>;
  readonly fleetFacts: (gateway: GatewayRef) => GatewayFacts | undefined;
  readonly statuses: (input: StatusInput) => readonly ObjectStatus[];
}

/** Writes what became of objects beside them, as often as an operator can use it. */
export interface StatusWriter {
  /** From now on; call it when the reconciler has started. */
  start(): void;
  /** Resolves when what was under way is written; what waits is left for the next start. */
  stop(): Promise<void>;
}

/**
 * After an event, milliseconds: a published version is in force on a fast worker in less than this, so one
 * status is written and not two; and a thousand workers' reports make fifty writes a second at most.
 */
const FLUSH_DELAY_MS = 20;
/** Between two writes of one object that differ in counts only, milliseconds. */
const COUNT_INTERVAL_MS = 1_000;
/** After a restart workers need a moment to come back; until then nobody is told that there are none. */
const START_GRACE_MS = 5_000;
const RETRY_MS = 1_000;

export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  const { store, bus, clock, cluster, reconciler, logger } = options;
  /** `namespace/name`. */
  const gateways = new Set<string>();
  /** By store key. */
  const objects = new Map<string, ObjectRef>();
  /** Monotonic time of the last write, by store key of the object. */
  const writtenAtMs = new Map<string, number>();
  /** Store keys of objects whose new counts have to wait. */
  const postponed = new Set<string>();
  const timers = new Map<'flush' | 'retry' | 'counts' | 'start', Timer>();
  let writing: Promise<void> | undefined;
  let unsubscribe = (): void => {};

  const arm = (name: 'flush' | 'retry' | 'counts' | 'start', delayMs: number, task: () => void) => {
    if (timers.has(name)) return;
    timers.set(
      name,
      clock.after(delayMs, () => {
        timers.delete(name);
        task();
      }),
    );
  };
  const markObject = (key: string): void => {
    const ref = parseObjectKey(key);
    if (ref !== undefined) objects.set(key, ref);
  };
  const wake = (): void => {
    if (writing === undefined && gateways.size + objects.size > 0) {
      arm('flush', FLUSH_DELAY_MS, () => {
        writing = flush().finally(() => {
          writing = undefined;
          wake();
        });
      });
    }
  };

  const onEvent = (event: HeartlineEvent): void => {
    if (event.type === 'applied') event.keys.forEach(markObject);
    else {
      const gateway = gatewayOf(event);
      if (gateway?.cluster !== cluster) return;
      gateways.add(formatNamespacedName(gateway));
    }
    wake();
  };

  const flush = async (): Promise<void> => {
    await reconciler.idle();
    const ids = [...gateways];
    const refs = [...objects];
    gateways.clear();
    objects.clear();
    try {
      const scope = gatherScope(
        reconciler.index,
        ids,
        refs.map(([, ref]) => ref),
      );
      const removals = refs.flatMap(([key]) => planRemoval(store, key));
      await write([...computeStatuses(scope).flatMap(planPut), ...removals]);
    } catch (thrown) {
      logger.error({ err: toHeartlineError(thrown) }, 'statuses were not written, trying again');
      arm('retry', RETRY_MS, () => {
        for (const id of ids) gateways.add(id);
        for (const [key, ref] of refs) objects.set(key, ref);
        wake();
      });
    }
  };

  const computeStatuses = ({ wanted, objects }: StatusScope): readonly ObjectStatus[] =>
    options
      .statuses({
        ...objects,
        previous: (kind, namespace, name) => store.get(statusKey(kind, namespace, name))?.value,
        nowMs: clock.wallMs(),
        gatewayFacts: (gateway) => factsOf({ cluster, ...gateway }),
      })
      .filter(({ kind, namespace, name }) => wanted.has(objectKey(kind, namespace, name)));

  /** Objects are read at their newest generation: reports about an older version must not speak for it. */
  const factsOf = (gateway: GatewayRef): GatewayFacts | undefined => {
    const facts = options.fleetFacts(gateway);
    return facts && { ...facts, unpublished: !reconciler.isPublished(gateway) };
  };

  const planPut = ({ kind, namespace, name, status }: ObjectStatus): readonly Op[] => {
    const key = statusKey(kind, namespace, name);
    const before = store.get(key);
    if (jsonEqual(before?.value, status)) return [];
    const object = objectKey(kind, namespace, name);
    const sinceMs = clock.monotonicMs() - (writtenAtMs.get(object) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs < COUNT_INTERVAL_MS && isOnlyCounting(before?.value, status)) {
      postponed.add(object);
      arm('counts', COUNT_INTERVAL_MS - sinceMs, takePostponed);
      return [];
    }
    writtenAtMs.set(object, clock.monotonicMs());
    return [{ op: 'put', key, value: status, expectedRevision: before?.revision ?? 0 }];
  };

  const takePostponed = (): void => {
    for (const key of postponed) markObject(key);
    postponed.clear();
    wake();
  };

  const write = async (ops: readonly Op[]): Promise<void> => {
    for (const run of splitOps(ops)) {
      const draft = { actor: 'status-writer', reason: 'status', time: clock.wallMs(), ops: run };
      const result = await store.commit(draft);
      // An object went while its status was computed: everything of this run is computed again.
      if (!result.ok) for (const { key } of run) markObject(toObjectKey(key));
    }
  };

  return {
    start() {
      unsubscribe = bus.subscribe(onEvent);
      arm('start', START_GRACE_MS, () => {
        for (const { key } of store.list(OBJECTS_PREFIX).entries) markObject(key);
        wake();
      });
    },
    async stop() {
      unsubscribe();
      for (const timer of timers.values()) timer.cancel();
      timers.clear();
      gateways.clear();
      objects.clear();
      await writing;
    },
  };
}

/** The gateway whose facts an event changes. */
function gatewayOf(event: HeartlineEvent): GatewayRef | undefined {
  switch (event.type) {
    case 'compiled':
    case 'published':
      return event.gateway;
    case 'accepted':
      // Endpoints come and go all the time, and no status depends on them.
      return event.typeUrl === ADDRESS_TYPE_URL ? undefined : event.worker.gateway;
    // A new worker runs nothing yet: what was in force on every worker no longer is. One that comes back brings
    // its last report along, and most others report before the flush.
    case 'worker-connected':
    case 'stuck':
    case 'rejected':
    case 'rejection-cleared':
    case 'in-force':
    case 'worker-lost':
      return event.worker.gateway;
    case 'worker-described':
    case 'drifted':
    case 'forwarded':
    case 'sent':
    case 'applied':
      return undefined;
  }
}

const STATUS_PREFIX = 'status/';

function toObjectKey(key: string): string {
  return `${OBJECTS_PREFIX}${key.slice(STATUS_PREFIX.length)}`;
}

/** A status that was written while its object was being deleted. */
function planRemoval(store: Store, key: string): readonly Op[] {
  const status = `${STATUS_PREFIX}${key.slice(OBJECTS_PREFIX.length)}`;
  if (store.get(key) !== undefined || store.get(status) === undefined) return [];
  return [{ op: 'delete', key: status }];
}
