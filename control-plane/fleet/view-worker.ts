// SPDX-License-Identifier: Apache-2.0
import type { Target } from '../release/releases.js';
import type { WorkerRecord, WorkerReport } from './worker-record.js';
import type { StandingRejection } from './worker-rejections.js';
import type { WorkerState, WorkerView } from './worker-view.js';

/** A worker that reports does so at least every 30 s; after three of these nothing is known any more. */
const REPORT_LIFETIME_MS = 90_000;

/** What is known about a worker beside its own messages. */
export interface Surroundings {
  /** What the worker should run, undefined when its gateway was never seen. */
  readonly target: Target | undefined;
  readonly rejected: readonly StandingRejection[];
  readonly nowMs: number;
}

/** One row as of now. */
export function viewWorker(record: WorkerRecord, around: Surroundings): WorkerView {
  const { target, rejected, nowMs } = around;
  const { worker, pod, address, build, sent, accepted, inForce, problems } = record;
  const report = freshReport(record, nowMs);
  return {
    ...{ worker, address, build, sent, accepted },
    podNamespace: pod.namespace,
    podName: pod.name,
    place: record.place,
    state: stateOf(record, target, nowMs),
    inForce: inForce.label,
    inForceSinceMs: inForce.sinceMs,
    desired: target?.gatewayExists ? target.snapshot.label : '',
    counts: report?.counts,
    connectedAtMs: record.connectedAtMs,
    createdAtMs: record.createdAtMs,
    restarts: record.restarts,
    lastSeenMs: record.lastSeenMs,
    problems: [...problems, ...(report?.listenerErrors ?? [])],
    rejected,
  };
}

/** The report that still says something about now: a silent stream is none. */
export function freshReport(record: WorkerRecord, nowMs: number): WorkerReport | undefined {
  const { report } = record;
  if (report === undefined || nowMs - report.atMs > REPORT_LIFETIME_MS) return undefined;
  return report;
}

/** Whether the worker says that this very version is in force. */
export function reportsInForce(report: WorkerReport, label: string): boolean {
  return report.inForce && report.label === label;
}

function stateOf(record: WorkerRecord, target: Target | undefined, nowMs: number): WorkerState {
  if (record.connection === 'lost') return 'Lost';
  if (!target?.gatewayExists) return 'Orphaned';
  if (record.stuck.size > 0) return 'Stuck';
  if (record.problems.length > 0) return 'Rejected';
  if (record.accepted === '') return 'Connected';
  const { label } = target.snapshot;
  if (record.accepted !== label) return 'Behind';
  const report = freshReport(record, nowMs);
  return report === undefined || reportsInForce(report, label) ? 'InSync' : 'Behind';
}
