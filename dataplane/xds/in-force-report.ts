// SPDX-License-Identifier: Apache-2.0
import type { InForceReport } from '../../shared/proto/gen/heartline/fleet/v1/InForceReport.js';
import type { EngineSummary } from '../engine/report.js';

/** Reports on change are at least this far apart, milliseconds. */
const MIN_REPORT_GAP_MS = 1000;
/** A report at the latest after this long, milliseconds. */
const MAX_REPORT_GAP_MS = 30_000;
/** Most changes are in force within this time: waiting for it saves a report that says "not yet". */
const ROLLING_OUT_WAIT_MS = 100;

export interface ReportState {
  /** Undefined before the first report of the session. */
  readonly lastSentMs: number | undefined;
  /** When the summary first differed from what was sent; undefined when it does not. */
  readonly changedMs: number | undefined;
  readonly inForce: boolean;
}

/** When the next report is due, on the clock of the values passed in. */
export function nextReportMs({ lastSentMs, changedMs, inForce }: ReportState): number {
  if (lastSentMs === undefined) return Number.NEGATIVE_INFINITY;
  if (changedMs === undefined) return lastSentMs + MAX_REPORT_GAP_MS;
  const wantedMs = inForce ? changedMs : changedMs + ROLLING_OUT_WAIT_MS;
  return Math.max(lastSentMs + MIN_REPORT_GAP_MS, wantedMs);
}

export interface ReportHead {
  readonly sessionId: string;
  readonly sequence: number;
  readonly observedAtUnixMs: number;
}

/** The engine's summary in the words of the fleet stream. */
export function inForceReport(summary: EngineSummary, head: ReportHead): InForceReport {
  return {
    ...head,
    version: summary.version,
    inForceSinceUnixMs: Math.round(summary.inForceSinceMs),
    connectionsOpen: summary.open,
    connectionsInForce: summary.inForceConnections,
    settling: summary.settling,
    deferred: summary.deferred,
    settingsPending: summary.settingsPending,
    failed: summary.failed,
    unverified: summary.unverified,
    newOnly: summary.newOnly,
    drifted: summary.drifted,
    inForce: summary.inForce,
    listeners: summary.listeners.map((listener) => ({
      bindKey: listener.bindKey,
      port: listener.port,
      inForce: listener.inForce,
      connectionsOpen: listener.open,
      connectionsInForce: listener.inForceConnections,
      error: listener.error,
    })),
  };
}
