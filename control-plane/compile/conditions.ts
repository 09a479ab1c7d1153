// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { Condition } from '../policy/kube-object.js';

/** What a condition says; when it began to say so is looked up in the previous status. */
export interface Finding {
  readonly type: string;
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

export function finding(
  type: string,
  status: Finding['status'],
  reason: string,
  message: string,
): Finding {
  return { type, status, reason, message };
}

export interface Stamp {
  /** metadata.generation that was looked at. */
  readonly generation: number | undefined;
  /** For conditions that change now, as `formatConditionTime` writes it. */
  readonly now: string;
  /** The same conditions as they were written last. */
  readonly previous: readonly Condition[];
}

/** Findings as conditions, sorted by type; lastTransitionTime moves only when the status changes. */
export function stampConditions(findings: readonly Finding[], stamp: Stamp): readonly Condition[] {
  return findings
    .map(({ type, status, reason, message }): Condition => {
      const before = stamp.previous.find((condition) => condition.type === type);
      return {
        type,
        status,
        ...(stamp.generation === undefined ? {} : { observedGeneration: stamp.generation }),
        lastTransitionTime: before?.status === status ? before.lastTransitionTime : stamp.now,
        reason,
        message,
      };
    })
    .sort((a, b) => compareText(a.type, b.type));
}

/** RFC 3339, UTC, whole seconds, as metav1.Time is written. */
export function formatConditionTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

const SEVERITY: Readonly<Record<Condition['status'], number>> = { False: 2, Unknown: 1, True: 0 };

/** The worst finding of one type, with the sentences of all that are as bad in the same way, each said once. */
export function mergeFindings(
  findings: readonly Finding[],
  plainReason: string,
): Finding | undefined {
  const worst = worstFinding(findings, plainReason);
  if (worst === undefined) return undefined;
  const alike = findings.filter(
    ({ status, reason }) => status === worst.status && reason === worst.reason,
  );
  const messages = new Set(alike.map(({ message }) => message));
  return { ...worst, message: [...messages].join('; ') };
}

/**
 * Of one type the finding an operator has to see first: False, then Unknown, then a True that has something
 * to say. A rejection comes before every other False: it does not pass by itself.
 */
function worstFinding(findings: readonly Finding[], plainReason: string): Finding | undefined {
  const rank = ({ status, reason }: Finding): number =>
    SEVERITY[status] * 3 + (reason === 'Rejected' ? 2 : reason === plainReason ? 0 : 1);
  return findings.reduce<Finding | undefined>(
    (worst, finding) => (worst === undefined || rank(finding) > rank(worst) ? finding : worst),
    undefined,
  );
}
