// SPDX-License-Identifier: Apache-2.0
import type { Registry } from 'prom-client';
import type { Clock } from '../../shared/time/clock.js';
import type { SocketOptions } from '../keepalive/socket-options.js';
import { type Connection, statisticsKey } from '../listeners/connection.js';
import { ConnectionSampler } from '../listeners/connection-sampler.js';
import type { DescriptorBudget } from '../listeners/descriptor-budget.js';
import { UpstreamErrors } from '../proxy/upstream-errors.js';
import { Buckets } from './buckets.js';
import type { ConnectionLog } from './connection-log.js';
import { type BindPolicies, createEngineMetrics, type GroupCount } from './engine-metrics.js';
import type { Plan } from './plan.js';
import type { CloseCause, EngineSummary } from './report.js';
import { type PingOutcome, Statistics } from './statistics.js';

export interface ObserverOptions {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly socketOptions: SocketOptions;
  readonly connections: readonly Connection[];
  readonly groups: () => readonly GroupCount[];
  readonly summary: () => EngineSummary;
  readonly applied: () => number;
  /** Undefined: connections are not logged. */
  readonly connectionLog: ConnectionLog | undefined;
  readonly descriptors: Pick<DescriptorBudget, 'free' | 'pauses'>;
}

/** What is known of the engine from the outside: everything that is counted, sampled and logged passes here. */
export class Observer {
  readonly statistics = new Statistics();
  readonly upstreamErrors = new UpstreamErrors();
  readonly #options: ObserverOptions;
  readonly #sampler: ConnectionSampler;
  readonly #inForceDurations = new Buckets();
  #policies: readonly BindPolicies[] = [];
  /** A version that is on its way, and since when. */
  #rollout: { readonly version: string; readonly sinceMs: number } | undefined;
  #version = '';

  constructor(options: ObserverOptions) {
    this.#options = options;
    const { clock, connections, registry, socketOptions, groups, summary, applied } = options;
    const { descriptors } = options;
    const { statistics } = this;
    this.#sampler = new ConnectionSampler({
      clock,
      connections,
      socketOptions,
      statistics,
      nextTurn: (task) => void setImmediate(task),
    });
    createEngineMetrics(registry, {
      statistics,
      groups,
      summary,
      applied,
      descriptors,
      policies: () => this.#policies,
      upstreamErrors: this.upstreamErrors,
      inForceDurations: this.#inForceDurations,
    });
  }

  /** Time runs from a version's first plan; a version that another one overtakes is never in force. */
  applying({ version, binds }: Plan): void {
    this.#policies = binds.map(({ key, policyKeys }) => ({ bind: key, policies: policyKeys }));
    if (version === this.#version) return;
    this.#version = version;
    this.#rollout = { version, sinceMs: this.#options.clock.monotonicMs() };
  }

  /** Every socket is proven to hold the current version. */
  inForce(): void {
    if (this.#rollout === undefined) return;
    this.#inForceDurations.add(this.#options.clock.monotonicMs() - this.#rollout.sinceMs);
    this.#rollout = undefined;
  }

  /** A connection to a client or a backend is open. */
  added(connection: Connection): void {
    this.#options.connectionLog?.added(connection);
  }

  accepted(connection: Connection): void {
    this.statistics.of(statisticsKey(connection)).accepted += 1;
  }

  closed(connection: Connection, cause: CloseCause): void {
    const statistics = this.statistics.of(statisticsKey(connection));
    statistics.closed.set(cause, (statistics.closed.get(cause) ?? 0) + 1);
    this.#sampler.onClosed(connection);
    const { lastPing } = connection;
    const isWaiting = lastPing !== undefined && lastPing.roundTripMs === undefined;
    if (isWaiting) statistics.pingsOutstanding -= 1;
    this.#options.connectionLog?.ended(connection, cause);
  }

  /** `connection.lastPing` says already what became of it. */
  ping(connection: Connection, outcome: PingOutcome): void {
    const statistics = this.statistics.of(statisticsKey(connection));
    statistics.pings[outcome] += 1;
    if (outcome === 'sent') statistics.pingsOutstanding += 1;
    if (outcome !== 'answered') return;
    statistics.pingsOutstanding -= 1;
    statistics.pingRoundTrips.add(connection.lastPing?.roundTripMs ?? 0);
  }

  /** A request crossed our close of an idle HTTP/1 connection. */
  crossed(): void {
    this.statistics.crossedRequests += 1;
  }

  stop(): void {
    this.#sampler.stop();
  }
}
