// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { PushResult } from './status-pusher.js';

export interface SourceMetricsOptions {
  readonly registry: Registry;
  /** Per resource (`gateways.gateway.networking.k8s.io`), as of the moment of asking. */
  readonly resources: () => readonly ResourceFigures[];
  readonly isLeader: () => boolean;
}

export interface ResourceFigures {
  readonly resource: string;
  readonly objects: number;
  readonly refused: number;
  /** Since when it is not watched, seconds; 0 while it is. */
  readonly behindSeconds: number;
}

export interface SourceMetrics {
  restarted(resource: string, what: 'relist' | 'rewatch', cause: string): void;
  written(lagMs: number, ops: number): void;
  pushed(result: PushResult): void;
}

/** All of them, so that what never happened reads 0. */
const PUSH_RESULTS: readonly PushResult[] = [
  'conflict',
  'denied',
  'failed',
  'gone',
  'not-kept',
  'refused',
  'written',
];

/** What `/metrics` shows of a Kubernetes source. */
export function createSourceMetrics(options: SourceMetricsOptions): SourceMetrics {
  const registers = [options.registry];
  const gauge = (name: string, help: string, read: (figures: ResourceFigures) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['resource'],
      registers,
      collect() {
        for (const figures of options.resources()) {
          this.set({ resource: figures.resource }, read(figures));
        }
      },
    });
  gauge('heartline_kubernetes_objects', 'Objects of the cluster in our copy.', (f) => f.objects);
  gauge(
    'heartline_kubernetes_refused_objects',
    'Objects of the cluster that are not taken over because they break a rule; their last good copy stands.',
    (f) => f.refused,
  );
  gauge(
    'heartline_kubernetes_behind_seconds',
    'How long a resource has not been watched; 0 while it is.',
    (f) => f.behindSeconds,
  );
  new Gauge({
    name: 'heartline_kubernetes_leader',
    help: '1 on the replica that reports statuses to the cluster.',
    registers,
    collect() {
      this.set(options.isLeader() ? 1 : 0);
    },
  });
  const restarts = new Counter({
    name: 'heartline_kubernetes_watch_restarts_total',
    help: 'Watches that began anew (what: relist with a whole list before, rewatch from where they were), by cause.',
    labelNames: ['resource', 'what', 'cause'],
    registers,
  });
  const lag = new Histogram({
    name: 'heartline_kubernetes_mirror_lag_seconds',
    help: 'From the first word about a change to its transaction in our log.',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    registers,
  });
  const writes = new Counter({
    name: 'heartline_kubernetes_mirrored_operations_total',
    help: 'Operations that were written to our log for changes of the cluster.',
    registers,
  });
  const pushes = new Counter({
    name: 'heartline_kubernetes_status_pushes_total',
    help: 'Statuses sent to the cluster, by result.',
    labelNames: ['result'],
    registers,
  });
  for (const result of PUSH_RESULTS) pushes.inc({ result }, 0);
  return {
    restarted: (resource, what, cause) => restarts.inc({ resource, what, cause }),
    written(lagMs, ops) {
      lag.observe(lagMs / 1_000);
      writes.inc(ops);
    },
    pushed: (result) => pushes.inc({ result }),
  };
}
