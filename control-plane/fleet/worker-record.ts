// SPDX-License-Identifier: Apache-2.0
import type {
  HeartlineEvent,
  InForceCounts,
  ResourceProblem,
  WorkerRef,
} from '../../shared/events/event.js';
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';

/** What a worker said last about what the kernel holds. */
export interface WorkerReport {
  readonly label: string;
  readonly inForce: boolean;
  readonly counts: InForceCounts;
  readonly listenerErrors: readonly ResourceProblem[];
  readonly atMs: number;
}

/** The last messages of one worker; every other fact about it is computed from them. */
export interface WorkerRecord {
  readonly worker: WorkerRef;
  readonly pod: NamespacedName;
  readonly address: string;
  readonly connection: 'live' | 'lost';
  /** Snapshot labels; the empty string before the first. */
  readonly sent: string;
  readonly accepted: string;
  /** What it refused and still misses. */
  readonly problems: readonly ResourceProblem[];
  readonly report: WorkerReport | undefined;
  /** The last version that was in force, until the same version is found not to be. */
  readonly inForce: { readonly label: string; readonly sinceMs: number };
  readonly connectedAtMs: number;
  readonly lastSeenMs: number;
}

const NOT_IN_FORCE = { label: '', sinceMs: 0 };

/**
 * The record after one event. A worker exists once it connected: events about others change nothing.
 * Only the policy part counts for labels; other types have none.
 */
export function recordEvent(
  record: WorkerRecord | undefined,
  event: HeartlineEvent,
): WorkerRecord | undefined {
  if (event.type === 'worker-connected') return connected(record, event);
  if (record === undefined) return undefined;
  const seen = { ...record, lastSeenMs: event.time };
  switch (event.type) {
    case 'worker-lost':
      // The event is ours, not the worker's: it was last seen before.
      return { ...record, connection: 'lost' };
    case 'sent':
      return event.typeUrl === RESOURCE_TYPE_URL ? { ...record, sent: event.label } : record;
    case 'accepted':
      if (event.typeUrl !== RESOURCE_TYPE_URL) return seen;
      return { ...seen, accepted: event.label, problems: [] };
    case 'rejected':
      return event.typeUrl === RESOURCE_TYPE_URL ? { ...seen, problems: event.problems } : seen;
    case 'in-force':
      return reported(seen, event);
    case 'applied':
    case 'compiled':
    case 'published':
      return record;
  }
}

/** A worker that comes back says anew what it accepted; what it reported stays until it reports again. */
function connected(
  record: WorkerRecord | undefined,
  event: HeartlineEvent & { type: 'worker-connected' },
): WorkerRecord {
  const { worker, pod, address, time } = event;
  return {
    ...{ worker, pod, address },
    connection: 'live',
    sent: '',
    accepted: '',
    problems: [],
    report: record?.report,
    inForce: record?.inForce ?? NOT_IN_FORCE,
    connectedAtMs: time,
    lastSeenMs: time,
  };
}

function reported(
  record: WorkerRecord,
  event: HeartlineEvent & { type: 'in-force' },
): WorkerRecord {
  const { label, inForce, sinceMs, counts, listenerErrors, time } = event;
  const report = { label, inForce, counts, listenerErrors, atMs: time };
  const stillHolds = record.inForce.label === label ? NOT_IN_FORCE : record.inForce;
  return { ...record, report, inForce: inForce ? { label, sinceMs } : stillHolds };
}
