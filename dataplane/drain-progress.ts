// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../shared/names/sort.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { Clock } from '../shared/time/clock.js';
import type { DrainProgress, DrainReport } from './engine/report.js';

export interface DrainDisplayOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Writes to the terminal as it is; undefined when there is none. */
  readonly draw: ((text: string) => void) | undefined;
}

/** What an operator sees of a drain: a line that is redrawn on a terminal, a line of the log every few seconds elsewhere. */
export interface DrainDisplay {
  show(progress: DrainProgress): void;
  finish(report: DrainReport): void;
}

const LOG_EVERY_MS = 3000;
/** Carriage return and "erase to end of line" (ECMA-48 EL). */
const CLEAR_LINE = '\r\x1b[K';

export function createDrainDisplay({ clock, logger, draw }: DrainDisplayOptions): DrainDisplay {
  let nextLogMs = Number.NEGATIVE_INFINITY;
  const log = (progress: DrainProgress): void => {
    const nowMs = clock.monotonicMs();
    if (progress.left === 0 || nowMs < nextLogMs) return;
    nextLogMs = nowMs + LOG_EVERY_MS;
    const { left, hardEndInMs, byProtocol } = progress;
    const hardEndSeconds = Math.ceil(hardEndInMs / 1000);
    logger.info({ left, hardEndSeconds, byProtocol: sorted(byProtocol) }, 'draining');
  };
  return {
    show: draw === undefined ? log : (progress) => draw(`${CLEAR_LINE}${drainText(progress)}`),
    finish({ ended, cut, tookMs }) {
      draw?.(CLEAR_LINE);
      logger.info({ ended: sorted(ended), cut, tookMs: Math.round(tookMs) }, 'drained');
    },
  };
}

/** `draining: 812 connections left (h2 800, tcp 12), 12 s to the hard end`. */
export function drainText({ left, byProtocol, hardEndInMs }: DrainProgress): string {
  const kinds = Object.entries(sorted(byProtocol)).map(([name, count]) => `${name} ${count}`);
  const detail = kinds.length === 0 ? '' : ` (${kinds.join(', ')})`;
  const connections = left === 1 ? 'connection' : 'connections';
  const seconds = Math.ceil(hardEndInMs / 1000);
  return `draining: ${left} ${connections} left${detail}, ${seconds} s to the hard end`;
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => compareText(a, b)));
}
