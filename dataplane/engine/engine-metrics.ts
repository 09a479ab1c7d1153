// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, type Registry } from 'prom-client';
import type { CloseCause, ConnectionSide } from './report.js';

/** Two groups may have one key: a listener that was removed and is there again. */
export interface GroupCount {
  readonly bind: string;
  readonly side: ConnectionSide;
  readonly open: number;
}

export interface RequestCount {
  readonly bind: string;
  /** Answers by class of status, index 1 to 5. */
  readonly statuses: readonly number[];
}

export type PingOutcome = 'sent' | 'answered' | 'timeout';

/** Read when metrics are scraped, so that counting a request costs an addition. */
export interface MetricSources {
  readonly groups: () => readonly GroupCount[];
  readonly requests: () => readonly RequestCount[];
  /** Sockets that were given new keepalive values. */
  readonly applied: () => number;
  /** Sockets whose values another process had changed. */
  readonly drifted: () => number;
}

export interface EngineMetrics {
  closed(cause: CloseCause, bind: string): void;
  ping(outcome: PingOutcome): void;
  /** A request crossed our close of an idle HTTP/1 connection. */
  crossed(): void;
}

const SIDE_LABELS = ['bind', 'side'] as const;

export function createEngineMetrics(registry: Registry, sources: MetricSources): EngineMetrics {
  const registers = [registry];
  new Gauge({
    name: 'heartline_connections_open',
    help: 'Open connections, by bind (empty for upstream) and side.',
    labelNames: SIDE_LABELS,
    registers,
    collect() {
      this.reset();
      for (const { bind, side, open } of sources.groups()) this.inc({ bind, side }, open);
    },
  });
  new Counter({
    name: 'heartline_requests_total',
    help: 'Requests answered, by bind and class of status.',
    labelNames: ['bind', 'status'],
    registers,
    collect() {
      this.reset();
      for (const { bind, statuses } of sources.requests()) {
        statuses.forEach((count, index) => {
          if (count > 0) this.inc({ bind, status: `${index}xx` }, count);
        });
      }
    },
  });
  const closed = new Counter({
    name: 'heartline_connections_closed_total',
    help: 'Connections that ended, by cause and bind (empty for upstream).',
    labelNames: ['cause', 'bind'],
    registers,
  });
  const pings = new Counter({
    name: 'heartline_h2_pings_total',
    help: 'HTTP/2 keepalive PINGs, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const crossed = new Counter({
    name: 'heartline_http1_crossed_requests_total',
    help: 'Requests that came after an idle HTTP/1 connection was closed, before the client could know.',
    registers,
  });
  new Counter({
    name: 'heartline_keepalive_applied_total',
    help: 'Sockets that were given new keepalive values.',
    registers,
    collect() {
      this.reset();
      this.inc(sources.applied());
    },
  });
  new Counter({
    name: 'heartline_keepalive_drifted_total',
    help: 'Sockets, listening ones included, whose keepalive values another process had changed; they were repaired.',
    registers,
    collect() {
      this.reset();
      this.inc(sources.drifted());
    },
  });
  return {
    closed: (cause, bind) => closed.inc({ cause, bind }),
    ping: (outcome) => pings.inc({ outcome }),
    crossed: () => crossed.inc(),
  };
}
