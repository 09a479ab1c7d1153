// SPDX-License-Identifier: Apache-2.0
import type {
  HeartlineEvent,
  InForceCounts,
  ResourceProblem,
  WorkerPlace,
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

/**
 * The last messages of one worker; every other fact about it is computed from them. Updated in place: two
 * events of every worker follow every change, and copying a record costs more than all the rest of them.
 */
export interface WorkerRecord {
  readonly worker: WorkerRef;
  readonly pod: NamespacedName;
  readonly address: string;
  readonly build: string;
  readonly connectedAtMs: number;
  /** When it was first known to run: its start, or its first connection if it does not say. */
  createdAtMs: number;
  /** Later starts of its process that were seen. */
  restarts: number;
  /** What it said about itself on its report stream; undefined before, and from workers without one. */
  place: WorkerPlace | undefined;
  connection: 'live' | 'lost';
  /** Snapshot labels; the empty string before the first. */
  sent: string;
  accepted: string;
  /** Types of which a response waits for an answer for too long. */
  readonly stuck: Set<string>;
  /** What it refused and still misses. */
  problems: readonly ResourceProblem[];
  report: WorkerReport | undefined;
  /** The last version that was in force, until the same version is found not to be. */
  inForce: { readonly label: string; readonly sinceMs: number };
  /** Moves with what the worker says, not with what we do. */
  lastSeenMs: number;
}

const NOT_IN_FORCE = { label: '', sinceMs: 0 };

/**
 * The record of a worker that connects. One that comes back says anew what it accepted; what it reported
 * `before` stays until it reports again.
 */
export function openRecord(
  event: HeartlineEvent & { readonly type: 'worker-connected' },
  before: WorkerRecord | undefined,
): WorkerRecord {
  const { worker, pod, address, build, time } = event;
  return {
    ...{ worker, pod, address, build },
    connectedAtMs: time,
    createdAtMs: before?.createdAtMs ?? time,
    restarts: before?.restarts ?? 0,
    place: before?.place,
    connection: 'live',
    sent: '',
    accepted: '',
    stuck: new Set(),
    problems: [],
    report: before?.report,
    inForce: before?.inForce ?? NOT_IN_FORCE,
    lastSeenMs: time,
  };
}

export type WorkerEvent = Extract<HeartlineEvent, { readonly worker: WorkerRef }>;

/** Takes one later event into the record. Only the policy part counts for labels; other types have none. */
export function noteEvent(record: WorkerRecord, event: WorkerEvent): void {
  switch (event.type) {
    case 'worker-connected':
      break;
    case 'forwarded':
      break;
    case 'worker-described':
      noteStart(record, event.place.startedAtMs);
      record.place = event.place;
      break;
    case 'worker-lost':
      record.connection = 'lost';
      break;
    case 'sent':
      if (event.typeUrl === RESOURCE_TYPE_URL) record.sent = event.label;
      break;
    case 'stuck':
      record.stuck.add(event.typeUrl);
      break;
    case 'rejection-cleared':
    case 'drifted':
      break;
    case 'accepted':
      record.lastSeenMs = event.time;
      record.stuck.delete(event.typeUrl);
      if (event.typeUrl !== RESOURCE_TYPE_URL) break;
      record.accepted = event.label;
      record.problems = [];
      break;
    case 'rejected':
      record.lastSeenMs = event.time;
      record.stuck.delete(event.typeUrl);
      if (event.typeUrl === RESOURCE_TYPE_URL) record.problems = event.problems;
      break;
    case 'in-force':
      record.lastSeenMs = event.time;
      noteReport(record, event);
      break;
  }
}

/** A worker of an older release, or a foreign one, does not say when it started. */
function noteStart(record: WorkerRecord, startedAtMs: number): void {
  const before = record.place?.startedAtMs ?? 0;
  if (startedAtMs === 0 || startedAtMs === before) return;
  if (before === 0) record.createdAtMs = startedAtMs;
  else record.restarts += 1;
}

function noteReport(
  record: WorkerRecord,
  event: WorkerEvent & { readonly type: 'in-force' },
): void {
  const { label, inForce, sinceMs, counts, listenerErrors, time } = event;
  record.report = { label, inForce, counts, listenerErrors, atMs: time };
  if (inForce) record.inForce = { label, sinceMs };
  else if (record.inForce.label === label) record.inForce = NOT_IN_FORCE;
}
