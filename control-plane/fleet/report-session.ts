// SPDX-License-Identifier: Apache-2.0
import type { EventBody, ResourceProblem, WorkerRef } from '../../shared/events/event.js';
import { resourceName } from '../../shared/names/resource-keys.js';
import { compareText } from '../../shared/names/sort.js';
import type { InForceReport__Output } from '../../shared/proto/gen/heartline/fleet/v1/InForceReport.js';

/** An unchanged report tells at most that the worker is there; it is passed on when this much time has passed. */
const HEARTBEAT_MS = 25_000;

export type InForceBody = EventBody & { readonly type: 'in-force' };

/** The reports of one stream so far. A value. */
export interface ReportSession {
  /** From our Welcome; a report that repeats another one belongs to an earlier stream. */
  readonly id: string;
  readonly worker: WorkerRef;
  readonly sequence: number;
  readonly told: { readonly body: InForceBody; readonly atMs: number } | undefined;
}

export interface ReportStep {
  readonly session: ReportSession;
  /** What is news: a change, or a sign of life after a while without one. */
  readonly tell?: InForceBody;
  /** Sockets that drifted since the report before; a first report says nothing about when. */
  readonly drifted?: number;
}

export function openReportSession(id: string, worker: WorkerRef): ReportSession {
  return { id, worker, sequence: 0, told: undefined };
}

/** `nowMs` is monotonic. Reports that are late, repeated or of another stream change nothing. */
export function takeReport(
  session: ReportSession,
  report: InForceReport__Output,
  nowMs: number,
): ReportStep {
  const sequence = report.sequence ?? 0;
  if (report.sessionId !== session.id || sequence <= session.sequence) return { session };
  const body = bodyOf(session.worker, report);
  const { told } = session;
  const isNews = told === undefined || JSON.stringify(told.body) !== JSON.stringify(body);
  if (!isNews && nowMs - told.atMs < HEARTBEAT_MS) return { session: { ...session, sequence } };
  const drifted = Math.max(0, body.counts.drifted - (told ?? { body }).body.counts.drifted);
  return { session: { ...session, sequence, told: { body, atMs: nowMs } }, tell: body, drifted };
}

function bodyOf(worker: WorkerRef, report: InForceReport__Output): InForceBody {
  return {
    type: 'in-force',
    worker,
    label: report.version ?? '',
    inForce: report.inForce ?? false,
    sinceMs: report.inForceSinceUnixMs ?? 0,
    counts: {
      open: report.connectionsOpen ?? 0,
      inForce: report.connectionsInForce ?? 0,
      settling: report.settling ?? 0,
      deferred: report.deferred ?? 0,
      settingsPending: report.settingsPending ?? 0,
      failed: report.failed ?? 0,
      unverified: report.unverified ?? 0,
      newOnly: report.newOnly ?? 0,
      drifted: report.drifted ?? 0,
    },
    listenerErrors: listenerErrors(report),
  };
}

function listenerErrors({ listeners }: InForceReport__Output): ResourceProblem[] {
  return listeners
    .flatMap(({ bindKey = '', error = '' }) =>
      error === '' ? [] : [{ resource: resourceName('bind', bindKey), message: error }],
    )
    .sort((a, b) => compareText(a.resource, b.resource));
}
