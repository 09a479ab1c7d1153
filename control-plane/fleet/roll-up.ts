// SPDX-License-Identifier: Apache-2.0
import type { ResourceProblem } from '../../shared/events/event.js';
import { formatNamespacedName } from '../../shared/names/gateway-name.js';
import { compareText } from '../../shared/names/sort.js';
import type { GatewayFacts, ListenerError, RejectedResource } from '../compile/gateway-facts.js';
import { freshReport, reportsInForce } from './view-worker.js';
import type { WorkerRecord } from './worker-record.js';

/** What the live workers of one gateway add up to. `desiredLabel` is empty before its first version. */
export function rollUp(
  records: readonly WorkerRecord[],
  desiredLabel: string,
  nowMs: number,
): GatewayFacts {
  const live = records.filter((record) => record.connection === 'live');
  const reports = live.map((record) => freshReport(record, nowMs));
  const inForce = reports.filter((report) => report && reportsInForce(report, desiredLabel));
  const notReported = live.filter(
    (record, index) => reports[index] === undefined && record.accepted === desiredLabel,
  );
  return {
    desiredLabel,
    liveWorkers: live.length,
    inForceWorkers: inForce.length,
    notReportedWorkers: notReported.length,
    rejected: live
      .flatMap((record, index) => {
        const report = reports[index];
        return rejectedBy(record, report !== undefined && reportsInForce(report, desiredLabel));
      })
      .sort(byWorkerAndResource),
    listenerErrors: uniqueErrors(reports.flatMap((report) => report?.listenerErrors ?? [])),
  };
}

function rejectedBy(record: WorkerRecord, countedInForce: boolean): RejectedResource[] {
  const { pod, problems, worker } = record;
  const name = pod.name === '' ? worker.nodeId : formatNamespacedName(pod);
  return problems.map(({ resource, message }) => ({
    worker: name,
    resource,
    message,
    countedInForce,
  }));
}

function byWorkerAndResource(a: RejectedResource, b: RejectedResource): number {
  return compareText(a.worker, b.worker) || compareText(a.resource, b.resource);
}

/** Workers of one gateway usually have the same trouble: each is told once, by the key of its bind. */
function uniqueErrors(problems: readonly ResourceProblem[]): ListenerError[] {
  const texts = problems.map(({ resource, message }) => {
    const listener = resource.replace(/^bind\//, '');
    return JSON.stringify({ listener, message } satisfies ListenerError);
  });
  return [...new Set(texts)].sort(compareText).map((text) => JSON.parse(text) as ListenerError);
}
