// SPDX-License-Identifier: Apache-2.0
import type { Registry } from 'prom-client';
import { compareText } from '../../shared/names/sort.js';
import type { DescriptorBudget } from '../listeners/descriptor-budget.js';
import type { UpstreamErrors } from '../proxy/upstream-errors.js';
import type { Buckets } from './buckets.js';
import { addCounter, addGauge, addHistogram, type Sample } from './metric-samples.js';
import type { ConnectionSide, EngineSummary } from './report.js';
import { type BindStatistics, type Statistics, UPSTREAM_KEY } from './statistics.js';

/** Two groups may have one key: a listener that was removed and is there again. */
export interface GroupCount {
  /** Bind key. */
  readonly key: string;
  readonly side: ConnectionSide;
  readonly open: number;
  readonly inForce: number;
}

export interface BindPolicies {
  readonly bind: string;
  readonly policies: readonly string[];
}

/** Read when metrics are scraped. */
export interface MetricSources {
  readonly statistics: Statistics;
  readonly groups: () => readonly GroupCount[];
  readonly summary: () => EngineSummary;
  readonly policies: () => readonly BindPolicies[];
  readonly upstreamErrors: Pick<UpstreamErrors, 'counts'>;
  /** From a version's first plan to the moment it was in force. */
  readonly inForceDurations: Buckets;
  /** Sockets that were given new keepalive values. */
  readonly applied: () => number;
  readonly descriptors: Pick<DescriptorBudget, 'free' | 'pauses'>;
}

/** Every metric of the engine; the table in ../METRICS.md says what each is for. */
export function createEngineMetrics(registry: Registry, sources: MetricSources): void {
  addConnectionMetrics(registry, sources);
  addTruthMetrics(registry, sources);
  addTrafficMetrics(registry, sources);
}

function one(value: number): Sample[] {
  return [{ labels: {}, value }];
}

function addConnectionMetrics(registry: Registry, sources: MetricSources): void {
  const { statistics } = sources;
  addGauge(registry, {
    name: 'heartline_connections_open',
    help: 'Open connections, by bind (empty for upstream) and side.',
    labels: ['bind', 'side'],
    read: () =>
      sources.groups().map(({ key, side, open }) => ({ labels: labelsOf(key, side), value: open })),
  });
  addCounter(registry, {
    name: 'heartline_connections_accepted_total',
    help: 'Connections that were accepted, by bind.',
    labels: ['bind'],
    read: () => downstream(byBind(statistics, ({ accepted }) => accepted)),
  });
  addGauge(registry, {
    name: 'heartline_descriptors_free',
    help: 'Descriptors that connections may still use; 256 of the limit are kept for the worker itself.',
    labels: [],
    read: () => one(sources.descriptors.free),
  });
  addCounter(registry, {
    name: 'heartline_accept_pauses_total',
    help: 'How often accepting was stopped because no descriptors were left; clients wait in the accept queue.',
    labels: [],
    read: () => one(sources.descriptors.pauses),
  });
  addCounter(registry, {
    name: 'heartline_connections_closed_total',
    help: 'Connections that ended, by cause and bind (empty for upstream).',
    labels: ['cause', 'bind'],
    read: () =>
      flatByBind(statistics, (bind, { closed }) =>
        [...closed].map(([cause, value]) => ({ labels: { cause, bind }, value })),
      ),
  });
  addCounter(registry, {
    name: 'heartline_tcp_bytes_total',
    help: 'Bytes on connections, by bind (empty for upstream) and direction; of open ones up to the last sample, at most 15 s ago.',
    labels: ['bind', 'direction'],
    read: () =>
      flatByBind(statistics, (bind, { bytesRead, bytesWritten }) => [
        { labels: { bind, direction: 'read' }, value: bytesRead },
        { labels: { bind, direction: 'written' }, value: bytesWritten },
      ]),
  });
  addHistogram(registry, {
    name: 'heartline_tcp_round_trip_seconds',
    help: "The kernel's smoothed round trip of each open connection, sampled every 15 s, by bind (empty for upstream).",
    labels: ['bind'],
    read: () => byBind(statistics, ({ tcpRoundTrips }) => tcpRoundTrips),
  });
}

/** What is in force, and how it got there. */
function addTruthMetrics(registry: Registry, sources: MetricSources): void {
  const { summary } = sources;
  const gauge = (name: string, help: string, read: (from: EngineSummary) => number): void =>
    addGauge(registry, { name, help, labels: [], read: () => one(read(summary())) });

  gauge(
    'heartline_in_force',
    '1 while every socket is proven to hold the current version.',
    (it) => (it.inForce ? 1 : 0),
  );
  addGauge(registry, {
    name: 'heartline_connections_in_force',
    help: 'Open connections that were read back with the current values, by bind (empty for upstream) and side.',
    labels: ['bind', 'side'],
    read: () =>
      sources
        .groups()
        .map(({ key, side, inForce }) => ({ labels: labelsOf(key, side), value: inForce })),
  });
  gauge(
    'heartline_connections_settling',
    'Idle connections whose TCP_KEEPIDLE is still to be written, paced.',
    (it) => it.settling,
  );
  gauge(
    'heartline_connections_deferred',
    'Connections on which an HTTP change takes effect when they are idle next.',
    (it) => it.deferred,
  );
  gauge(
    'heartline_connections_settings_pending',
    'HTTP/2 sessions whose peer has not acknowledged our SETTINGS.',
    (it) => it.settingsPending,
  );
  gauge(
    'heartline_connections_failed',
    'Open connections that refused their values.',
    (it) => it.failed,
  );
  gauge(
    'heartline_connections_unverified',
    'Open connections that were not read back yet.',
    (it) => it.unverified,
  );
  addGauge(registry, {
    name: 'heartline_listener_up',
    help: '1 while the port of a bind is open; 0 while it is in use elsewhere, or closed by a refusal.',
    labels: ['bind'],
    read: () =>
      summary().listeners.map(({ bindKey, listening }) => ({
        labels: { bind: bindKey },
        value: listening ? 1 : 0,
      })),
  });
  addGauge(registry, {
    name: 'heartline_bind_policy_info',
    help: '1 for each policy behind the values of a bind; to join on.',
    labels: ['bind', 'policy'],
    read: () =>
      sources
        .policies()
        .flatMap(({ bind, policies }) =>
          policies.map((policy) => ({ labels: { bind, policy }, value: 1 })),
        ),
  });
  addHistogram(registry, {
    name: 'heartline_in_force_seconds',
    help: 'From the arrival of a version to the proof that every socket holds it.',
    labels: [],
    read: () => [{ labels: {}, value: sources.inForceDurations }],
  });
  addCounter(registry, {
    name: 'heartline_keepalive_applied_total',
    help: 'Sockets that were given new keepalive values.',
    labels: [],
    read: () => one(sources.applied()),
  });
  addCounter(registry, {
    name: 'heartline_keepalive_drifted_total',
    help: 'Sockets that another process had given other values; they were repaired.',
    labels: [],
    read: () => one(summary().drifted),
  });
}

function addTrafficMetrics(
  registry: Registry,
  { statistics, upstreamErrors }: MetricSources,
): void {
  addCounter(registry, {
    name: 'heartline_requests_total',
    help: 'Requests answered, by bind and class of status.',
    labels: ['bind', 'status'],
    read: () =>
      flatByBind(statistics, (bind, { statuses }) =>
        statuses
          .map((value, at) => ({ labels: { bind, status: `${at}xx` }, value }))
          .filter(({ value }) => value > 0),
      ),
  });
  addHistogram(registry, {
    name: 'heartline_request_duration_seconds',
    help: 'From the head of a request to the end of its answer, upgrades aside, by bind.',
    labels: ['bind'],
    read: () => downstream(byBind(statistics, ({ requestDurations }) => requestDurations)),
  });
  addCounter(registry, {
    name: 'heartline_upstream_errors_total',
    help: 'What went wrong on the way to backends: connect, connect_timeout, refused_address, no_descriptor, reset, invalid_answer, timeout, stale_retry (sent again).',
    labels: ['kind'],
    read: () =>
      [...upstreamErrors.counts]
        .sort(([a], [b]) => compareText(a, b))
        .map(([kind, value]) => ({ labels: { kind }, value })),
  });
  addCounter(registry, {
    name: 'heartline_http1_crossed_requests_total',
    help: 'Requests that came after an idle HTTP/1 connection was closed, before the client could know; inherent to HTTP/1.',
    labels: [],
    read: () => [{ labels: {}, value: statistics.crossedRequests }],
  });
  addCounter(registry, {
    name: 'heartline_h2_pings_total',
    help: 'HTTP/2 keepalive PINGs, by bind and outcome.',
    labels: ['bind', 'outcome'],
    read: () =>
      flatByBind(statistics, (bind, { pings }) =>
        Object.entries(pings)
          .filter(([, value]) => value > 0)
          .map(([outcome, value]) => ({ labels: { bind, outcome }, value })),
      ),
  });
  addGauge(registry, {
    name: 'heartline_h2_pings_outstanding',
    help: 'HTTP/2 keepalive PINGs that wait for their answer, by bind.',
    labels: ['bind'],
    read: () => downstream(byBind(statistics, ({ pingsOutstanding }) => pingsOutstanding)),
  });
  addHistogram(registry, {
    name: 'heartline_h2_ping_round_trip_seconds',
    help: 'From an HTTP/2 keepalive PING to its answer, by bind.',
    labels: ['bind'],
    read: () => downstream(byBind(statistics, ({ pingRoundTrips }) => pingRoundTrips)),
  });
}

/** All backends together. */
function labelsOf(key: string, side: ConnectionSide): Record<string, string> {
  return { bind: side === 'upstream' ? UPSTREAM_KEY : key, side };
}

function byBind<T>({ byBind: all }: Statistics, read: (from: BindStatistics) => T): Sample<T>[] {
  return [...all]
    .sort(([a], [b]) => compareText(a, b))
    .map(([bind, statistics]) => ({ labels: { bind }, value: read(statistics) }));
}

function flatByBind(
  { byBind: all }: Statistics,
  read: (bind: string, from: BindStatistics) => readonly Sample[],
): Sample[] {
  return [...all]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([bind, statistics]) => read(bind, statistics));
}

/** Without what backends have nothing of. */
function downstream<T>(samples: readonly Sample<T>[]): Sample<T>[] {
  return samples.filter(({ labels }) => labels['bind'] !== UPSTREAM_KEY);
}
