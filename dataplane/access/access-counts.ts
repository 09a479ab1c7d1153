// SPDX-License-Identifier: Apache-2.0

/** How many connections of a port were let in, and by which rules. */
export interface AccessCounts {
  /** Counts changes of the rules, from 1. */
  generation: number;
  /** Whether there are rules now. */
  restricted: boolean;
  /** Open connections that were let in. */
  open: number;
  /** Those of them that came before the last change. */
  older: number;
}

export function newAccessCounts(restricted: boolean): AccessCounts {
  return { generation: 1, restricted, open: 0, older: 0 };
}

/** A connection is let in; returns the generation to remember with it. */
export function countAdmitted(counts: AccessCounts): number {
  counts.open += 1;
  return counts.generation;
}

/** A connection that was let in has closed. */
export function countLeft(counts: AccessCounts, admitted: number): void {
  counts.open -= 1;
  if (admitted !== counts.generation) counts.older -= 1;
}

export function countChange(counts: AccessCounts, restricted: boolean): void {
  counts.generation += 1;
  counts.restricted = restricted;
  counts.older = counts.open;
}

/** Open connections that today's rules were never asked about. */
export function newOnlyOf({ restricted, older }: AccessCounts): number {
  return restricted ? older : 0;
}
