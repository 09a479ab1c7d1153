// SPDX-License-Identifier: Apache-2.0
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { EventType } from '../../shared/events/event.js';
import type { Bus } from '../bus/bus.js';
import type { FleetRegistry } from './registry.js';
import type { RejectionLedger } from './rejection-ledger.js';
import type { WorkerState } from './worker-view.js';

/** All of them, so that a state nobody is in reads 0 instead of being absent. */
const WORKER_STATES: readonly WorkerState[] = [
  'Behind',
  'Connected',
  'InSync',
  'Lost',
  'Orphaned',
  'Rejected',
  'Stuck',
];

export interface ControlPlaneMetrics {
  readonly registry: Registry;
  stop(): void;
}

export interface ControlPlaneMetricsOptions {
  readonly bus: Bus;
  readonly fleet: Pick<FleetRegistry, 'views'>;
  readonly ledger: Pick<RejectionLedger, 'counts'>;
  /** Sequence of the newest transaction. */
  readonly lastSeq: () => number;
}

/** What `/metrics` of the control plane shows: events by type, workers by state, the log, and the process. */
export function createControlPlaneMetrics(
  options: ControlPlaneMetricsOptions,
): ControlPlaneMetrics {
  const { bus, fleet, lastSeq, ledger } = options;
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const events = new Counter({
    name: 'heartline_events_total',
    help: 'Events published, by type: applied, compiled, published, sent, accepted, rejected, in-force and so on.',
    labelNames: ['type'],
    registers,
  });
  new Gauge({
    name: 'heartline_workers',
    help: 'Workers by state; lost ones are counted for an hour.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of WORKER_STATES) this.set({ state }, 0);
      for (const { state } of fleet.views()) this.inc({ state });
    },
  });
  new Gauge({
    name: 'heartline_rejections',
    help: 'Resources that workers refused (class invalid) or have and cannot run now (class environment).',
    labelNames: ['class'],
    registers,
    collect() {
      const { environment, invalid } = ledger.counts();
      this.set({ class: 'environment' }, environment);
      this.set({ class: 'invalid' }, invalid);
    },
  });
  new Gauge({
    name: 'heartline_log_sequence',
    help: 'Sequence of the newest transaction in the log.',
    registers,
    collect() {
      this.set(lastSeq());
    },
  });
  const child = new Map<EventType, Counter.Internal>();
  const stop = bus.subscribe(({ type }) => {
    const counter = child.get(type) ?? events.labels(type);
    child.set(type, counter);
    counter.inc();
  });
  return { registry, stop };
}
