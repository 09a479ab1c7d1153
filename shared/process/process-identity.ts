// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** Tells a process from a later one that was given the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot, proc_pid_stat(5) field 22. */
  readonly startTicks: number;
}

/** Undefined when no such process exists. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // Gone, or never there: that is the answer.
    return undefined;
  }
  return { pid, startTicks: parseStartTicks(stat) };
}

/** The command's name, field 2, is in parentheses and may hold blanks and parentheses itself. */
export function parseStartTicks(stat: string): number {
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const FIRST_FIELD_AFTER_NAME = 3;
  return Number(afterName[22 - FIRST_FIELD_AFTER_NAME]);
}

/** Whether that very process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startTicks === identity.startTicks;
}
