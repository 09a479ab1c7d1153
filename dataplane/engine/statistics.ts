// SPDX-License-Identifier: Apache-2.0
import { Buckets } from './buckets.js';
import type { CloseCause } from './report.js';

export type PingOutcome = 'sent' | 'answered' | 'timeout';

/** What was counted for one bind since the start; it outlives the bind, as counters must. */
export interface BindStatistics {
  accepted: number;
  readonly closed: Map<CloseCause, number>;
  /** Answers by class of status, 1xx to 5xx at index 1 to 5. */
  readonly statuses: number[];
  readonly requestDurations: Buckets;
  readonly pings: Record<PingOutcome, number>;
  /** PINGs that wait for their answer now. */
  pingsOutstanding: number;
  readonly pingRoundTrips: Buckets;
  /** The kernel's, of every open connection each time the sampler comes by. */
  readonly tcpRoundTrips: Buckets;
  bytesRead: number;
  bytesWritten: number;
}

/** Key of the connections to backends, whose pools are shared by all binds. */
export const UPSTREAM_KEY = '';

/** Statistics by bind key. */
export class Statistics {
  readonly byBind = new Map<string, BindStatistics>();
  /** Requests that came after we had closed their idle HTTP/1 connection, before the client could know. */
  crossedRequests = 0;

  of(bindKey: string): BindStatistics {
    const existing = this.byBind.get(bindKey);
    if (existing !== undefined) return existing;
    const created: BindStatistics = {
      accepted: 0,
      closed: new Map(),
      statuses: [0, 0, 0, 0, 0, 0],
      requestDurations: new Buckets(),
      pings: { sent: 0, answered: 0, timeout: 0 },
      pingsOutstanding: 0,
      pingRoundTrips: new Buckets(),
      tcpRoundTrips: new Buckets(),
      bytesRead: 0,
      bytesWritten: 0,
    };
    this.byBind.set(bindKey, created);
    return created;
  }
}
