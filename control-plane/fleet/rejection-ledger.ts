// SPDX-License-Identifier: Apache-2.0
import { toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { GatewayRef, HeartlineEvent, WorkerRef } from '../../shared/events/event.js';
import { gatewayKey } from '../../shared/events/gateway-key.js';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { Bus } from '../bus/bus.js';
import { splitOps } from '../log/split-ops.js';
import type { Op } from '../log/transaction.js';
import type { SnapshotSource } from '../release/releases.js';
import type { Store } from '../store/store.js';
import type { Rejections } from '../xds/rejections.js';
import { fromRecord, REJECTION_PREFIX, rejectionKey, toRecord } from './rejection-record.js';
import {
  clearedBetween,
  dropTroubles,
  noRejections,
  noteRefusals,
  noteTroubles,
  refusalsOf,
  type StandingRejection,
  type WorkerRejections,
} from './worker-rejections.js';

/** What one stream reads and writes of the ledger; the same for every kind of stream. */
export interface WorkerLedger {
  /** What this worker refused on any stream, of this type, and still refuses as far as anybody knows. */
  refusals(typeUrl: string): Rejections;
  /** All that is refused of this type now. */
  note(typeUrl: string, rejections: Rejections): void;
}

/** What workers refused: by worker, resource, content and build. It outlives streams and this process. */
export interface RejectionLedger {
  /** For a stream that was admitted. Another build than the one on record may take what that one refused. */
  open(worker: WorkerRef, build: string): WorkerLedger;
  /** Sorted by type and resource. */
  standing(workerKey: string): readonly StandingRejection[];
  /** Resources on record, refused or in trouble, of all workers. */
  counts(): { readonly invalid: number; readonly environment: number };
  /** Reads what was stored and forgets what is too old; call it once the source is ready. */
  start(): void;
  /** Resolves when everything noted is stored. */
  stop(): Promise<void>;
}

export interface RejectionLedgerOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly source: Pick<SnapshotSource, 'ready' | 'target' | 'onChange'>;
}

/**
 * A week: a machine in repair comes back under its name within days, and a pod that has not been seen for a week has got
 * another. The cost of forgetting is one response that is refused once more.
 */
const KEEP_GONE_MS = 7 * 24 * 3_600_000;
/** Workers on record; the longest gone leave first. About 4 MB at the usual one or two refusals each. */
const MAX_WORKERS = 10_000;
const PRUNE_INTERVAL_MS = 3_600_000;
const RETRY_MS = 1_000;

export function createRejectionLedger(options: RejectionLedgerOptions): RejectionLedger {
  return new Ledger(options);
}

class Ledger implements RejectionLedger {
  readonly #options: RejectionLedgerOptions;
  readonly #records = new Map<string, WorkerRejections>();
  /** Builds of the workers that have a stream, by worker key. */
  readonly #live = new Map<string, string>();
  /** Keys of workers whose record differs from what is stored. */
  readonly #unsaved = new Set<string>();
  readonly #unsubscribe: (() => void)[];
  #saving: Promise<void> | undefined;
  #retry: Timer | undefined;
  #pruning: Timer | undefined;

  constructor(options: RejectionLedgerOptions) {
    this.#options = options;
    const { bus, source } = options;
    this.#unsubscribe = [
      bus.subscribe((event) => this.#take(event)),
      source.onChange((gateway) => this.#forgetGone(gateway)),
    ];
  }

  start(): void {
    const { clock, store } = this.#options;
    for (const { key, value } of store.list(REJECTION_PREFIX).entries) {
      const record = fromRecord(value);
      // Its own key, so that no record of another shape can hide one of ours.
      if (record !== undefined && rejectionKey(record.worker.key) === key) {
        this.#records.set(record.worker.key, record);
      }
    }
    for (const gateway of this.#gateways()) this.#forgetGone(gateway);
    this.#prune();
    const again = (): void => {
      this.#prune();
      this.#pruning = clock.after(PRUNE_INTERVAL_MS, again);
    };
    this.#pruning = clock.after(PRUNE_INTERVAL_MS, again);
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#pruning?.cancel();
    this.#retry?.cancel();
    await this.#saving;
  }

  open(worker: WorkerRef, build: string): WorkerLedger {
    const { clock } = this.#options;
    return {
      refusals: (typeUrl) => refusalsOf(this.#recordOf(worker, build), typeUrl),
      note: (typeUrl, rejections) => {
        const before = this.#recordOf(worker, build);
        this.#put(before, noteRefusals(before, typeUrl, rejections, clock.wallMs()));
      },
    };
  }

  standing(workerKey: string): readonly StandingRejection[] {
    return this.#records.get(workerKey)?.standing ?? [];
  }

  counts(): { invalid: number; environment: number } {
    const counts = { invalid: 0, environment: 0 };
    for (const { standing } of this.#records.values()) {
      for (const one of standing) counts[one.class] += 1;
    }
    return counts;
  }

  #take(event: HeartlineEvent): void {
    switch (event.type) {
      case 'worker-connected':
        this.#live.set(event.worker.key, event.build);
        break;
      case 'worker-lost':
        this.#noteLost(event.worker, event.time);
        break;
      case 'accepted':
      case 'rejected':
        this.#noteTroubles(event);
        break;
      case 'in-force':
        this.#noteReport(event);
        break;
      default:
        break;
    }
  }

  #noteLost(worker: WorkerRef, time: number): void {
    this.#live.delete(worker.key);
    const record = this.#records.get(worker.key);
    if (record === undefined) return;
    // From now on it is gone, and the week begins.
    this.#put(record, { ...record, lastMs: time });
    this.#forgetGone(worker.gateway);
  }

  #noteTroubles(event: HeartlineEvent & { readonly type: 'accepted' | 'rejected' }): void {
    const { worker, typeUrl, warnings, time } = event;
    const known = this.#records.get(worker.key);
    if (known === undefined && warnings.length === 0) return;
    const before = known ?? noRejections(worker, this.#live.get(worker.key) ?? '', time);
    const wanted = this.#options.source.target(worker.gateway, worker.key)?.snapshot.resources;
    const hashOf = (resource: string): string | undefined => wanted?.get(resource)?.hash;
    const gone = dropTroubles(before, ({ resource, hash }) => hashOf(resource) !== hash, time);
    this.#put(before, noteTroubles(gone, typeUrl, warnings, hashOf, time));
  }

  /** The worker says itself which listeners do not listen: what it had trouble with and does not name is over. */
  #noteReport({ worker, listenerErrors, time }: HeartlineEvent & { type: 'in-force' }): void {
    const before = this.#records.get(worker.key);
    if (before === undefined) return;
    const broken = new Set(listenerErrors.map(({ resource }) => resource));
    const isOver = ({ typeUrl, resource }: StandingRejection): boolean =>
      typeUrl === RESOURCE_TYPE_URL && !broken.has(resource);
    this.#put(before, dropTroubles(before, isOver, time));
  }

  /** The record of this worker as it is now; one of another build or another gateway says nothing about it. */
  #recordOf(worker: WorkerRef, build: string): WorkerRejections {
    const known = this.#records.get(worker.key);
    const isSame =
      known?.build === build && gatewayKey(known.worker.gateway) === gatewayKey(worker.gateway);
    if (known !== undefined && isSame) return known;
    if (known !== undefined) this.#forget(known);
    return noRejections(worker, build, this.#options.clock.wallMs());
  }

  #put(before: WorkerRejections, after: WorkerRejections): void {
    if (after === before || (after.standing.length === 0 && before.standing.length === 0)) return;
    const { key } = after.worker;
    if (after.standing.length === 0) this.#records.delete(key);
    else this.#records.set(key, after);
    this.#save(key);
    const { bus } = this.#options;
    for (const [typeUrl, resources] of clearedBetween(before, after)) {
      bus.publish({ type: 'rejection-cleared', worker: after.worker, typeUrl, resources });
    }
  }

  #forget(record: WorkerRejections): void {
    this.#put(record, { ...record, standing: [] });
  }

  /** A gateway that was deleted has no content that anybody could refuse; a live stream settles that by itself. */
  #forgetGone(gateway: GatewayRef): void {
    const { source } = this.#options;
    if (!source.ready() || source.target(gateway, '')?.gatewayExists) return;
    for (const record of [...this.#records.values()]) {
      if (this.#live.has(record.worker.key)) continue;
      if (gatewayKey(record.worker.gateway) === gatewayKey(gateway)) this.#forget(record);
    }
  }

  #gateways(): Iterable<GatewayRef> {
    const records = [...this.#records.values()];
    return new Map(
      records.map(({ worker }) => [gatewayKey(worker.gateway), worker.gateway]),
    ).values();
  }

  #prune(): void {
    const limitMs = this.#options.clock.wallMs() - KEEP_GONE_MS;
    const gone = [...this.#records.values()]
      .filter(({ worker }) => !this.#live.has(worker.key))
      .sort((a, b) => a.lastMs - b.lastMs);
    const tooMany = this.#records.size - MAX_WORKERS;
    for (const [index, record] of gone.entries()) {
      if (record.lastMs < limitMs || index < tooMany) this.#forget(record);
    }
  }

  /** One write at a time: what changes meanwhile goes with the next, all of it in one transaction. */
  #save(workerKey: string): void {
    this.#unsaved.add(workerKey);
    if (this.#saving !== undefined || this.#retry !== undefined) return;
    this.#saving = this.#saveAll().finally(() => {
      this.#saving = undefined;
    });
  }

  async #saveAll(): Promise<void> {
    const { clock, logger, store } = this.#options;
    while (this.#unsaved.size > 0) {
      const keys = [...this.#unsaved];
      this.#unsaved.clear();
      const ops = keys.flatMap((key) => this.#planWrite(key));
      try {
        for (const run of splitOps(ops)) {
          await store.commit({
            ...{ actor: 'rejection-ledger', reason: 'what workers refuse' },
            ...{ time: clock.wallMs(), ops: run },
          });
        }
      } catch (thrown) {
        logger.error({ err: toHeartlineError(thrown) }, 'refusals were not stored, trying again');
        for (const key of keys) this.#unsaved.add(key);
        this.#retryLater();
        return;
      }
    }
  }

  #retryLater(): void {
    this.#retry = this.#options.clock.after(RETRY_MS, () => {
      this.#retry = undefined;
      const [key] = this.#unsaved;
      if (key !== undefined) this.#save(key);
    });
  }

  #planWrite(workerKey: string): readonly Op[] {
    const { store } = this.#options;
    const key = rejectionKey(workerKey);
    const record = this.#records.get(workerKey);
    const value = record && toRecord(record);
    if (value !== undefined) return [{ op: 'put', key, value }];
    return store.get(key) === undefined ? [] : [{ op: 'delete', key }];
  }
}
