// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef, HeartlineEvent, WorkerRef } from '../../shared/events/event.js';
import { gatewayKey } from '../../shared/events/gateway-key.js';
import { compareText } from '../../shared/names/sort.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Bus } from '../bus/bus.js';
import type { GatewayFacts } from '../compile/gateway-facts.js';
import type { SnapshotSource } from '../release/releases.js';
import type { RejectionLedger } from './rejection-ledger.js';
import { rollUp } from './roll-up.js';
import { viewWorker } from './view-worker.js';
import { noteEvent, openRecord, type WorkerRecord } from './worker-record.js';
import type { WorkerView } from './worker-view.js';

export interface FleetRegistryOptions {
  readonly bus: Bus;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** What workers should run; asked whenever a view is made. */
  readonly source: Pick<SnapshotSource, 'ready' | 'target'>;
  /** What workers refused. */
  readonly ledger: Pick<RejectionLedger, 'standing'>;
  /** How long a lost worker is still shown, milliseconds; default one hour. */
  readonly keepLostMs?: number;
}

/** Every worker that is connected or was not long ago, as the events tell. */
export interface FleetRegistry {
  /** All rows, sorted by worker key. */
  views(): readonly WorkerView[];
  /** One row; undefined when the worker is not known, or was lost long ago. */
  view(workerKey: string): WorkerView | undefined;
  /** Keys of the workers of one gateway, lost ones included. */
  workersOf(gateway: GatewayRef): readonly string[];
  /** The roll-up of one gateway for its objects' status. */
  gatewayFacts(gateway: GatewayRef): GatewayFacts;
  /** The worker of that key, while it has an xDS stream. */
  findLive(workerKey: string): WorkerRef | undefined;
  stop(): void;
}

const KEEP_LOST_MS = 3_600_000;

export function createFleetRegistry(options: FleetRegistryOptions): FleetRegistry {
  const { bus, clock, ledger, source, keepLostMs = KEEP_LOST_MS } = options;
  const records = new Map<string, WorkerRecord>();
  const keysOfGateway = new Map<string, Set<string>>();

  const forget = (record: WorkerRecord): void => {
    records.delete(record.worker.key);
    const name = gatewayKey(record.worker.gateway);
    const keys = keysOfGateway.get(name);
    keys?.delete(record.worker.key);
    if (keys?.size === 0) keysOfGateway.delete(name);
  };
  const keep = (record: WorkerRecord): void => {
    records.set(record.worker.key, record);
    const name = gatewayKey(record.worker.gateway);
    const keys = keysOfGateway.get(name) ?? new Set();
    keysOfGateway.set(name, keys.add(record.worker.key));
  };
  const take = (event: HeartlineEvent): void => {
    if (!('worker' in event)) return;
    const record = records.get(event.worker.key);
    if (event.type === 'worker-connected') {
      // A restarted worker may serve another gateway than before.
      if (record !== undefined) forget(record);
      keep(openRecord(event, record));
    } else if (record !== undefined) {
      noteEvent(record, event);
    }
  };
  const isLongLost = ({ connection, lastSeenMs }: WorkerRecord): boolean =>
    connection === 'lost' && lastSeenMs < clock.wallMs() - keepLostMs;
  const forgetLongLost = (): void => {
    for (const record of records.values()) if (isLongLost(record)) forget(record);
  };
  const targetOf = ({ gateway, key }: WorkerRef) =>
    source.ready() ? source.target(gateway, key) : undefined;
  const viewOf = (record: WorkerRecord): WorkerView =>
    viewWorker(record, {
      target: targetOf(record.worker),
      rejected: ledger.standing(record.worker.key),
      nowMs: clock.wallMs(),
    });
  const stop = bus.subscribe(take);

  return {
    views() {
      forgetLongLost();
      return [...records.values()]
        .sort((a, b) => compareText(a.worker.key, b.worker.key))
        .map(viewOf);
    },
    view(workerKey) {
      const record = records.get(workerKey);
      return record === undefined || isLongLost(record) ? undefined : viewOf(record);
    },
    workersOf: (gateway) => [...(keysOfGateway.get(gatewayKey(gateway)) ?? [])],
    gatewayFacts(gateway) {
      const keys = [...(keysOfGateway.get(gatewayKey(gateway)) ?? [])];
      const ofGateway = keys.flatMap((key) => records.get(key) ?? []);
      const label = source.ready() ? source.target(gateway, '')?.snapshot.label : undefined;
      return rollUp(ofGateway, label ?? '', clock.wallMs());
    },
    findLive(workerKey) {
      const record = records.get(workerKey);
      return record?.connection === 'live' ? record.worker : undefined;
    },
    stop,
  };
}
