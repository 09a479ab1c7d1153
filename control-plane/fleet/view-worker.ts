// SPDX-License-Identifier: Apache-2.0
import type { Target } from '../release/releases.js';
import type { WorkerRecord, WorkerReport } from './worker-record.js';
import type { WorkerState, WorkerView } from './worker-view.js';

/** A worker that reports does so at least every 30 s; after three of these nothing is known any more. */
const REPORT_LIFETIME_MS = 90_000;

/** One row as of now. `target` is what the worker should run, undefined when its gateway was never seen. */
export function viewWorker(
  record: WorkerRecord,
  target: Target | undefined,
  nowMs: number,
): WorkerView {
  const { worker, pod, address, sent, accepted, inForce, problems } = record;
  const report = freshReport(record, nowMs);
  return {
    ...{ worker, address, sent, accepted },
    podNamespace: pod.namespace,
    podName: pod.name,
    state: stateOf(record, target, nowMs),
    inForce: inForce.label,
    inForceSinceMs: inForce.sinceMs,
    desired: target?.gatewayExists ? target.snapshot.label : '',
    counts: report?.counts,
    connectedAtMs: record.connectedAtMs,
    lastSeenMs: record.lastSeenMs,
    problems: [...problems, ...(report?.listenerErrors ?? [])],
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
  if (record.problems.length > 0) return 'Rejected';
  if (record.accepted === '') return 'Connected';
  const { label } = target.snapshot;
  if (record.accepted !== label) return 'Behind';
  const report = freshReport(record, nowMs);
  return report === undefined || reportsInForce(report, label) ? 'InSync' : 'Behind';
}
