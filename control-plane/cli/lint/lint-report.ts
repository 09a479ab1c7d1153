// SPDX-License-Identifier: Apache-2.0
import type { LintedObject } from './lint-manifests.js';

export interface LintReport {
  readonly objects: readonly LintedObject[];
  /** What kept text from being read as objects: `file:line:column: what is wrong`. */
  readonly unreadable: readonly string[];
  readonly summary: {
    readonly objects: number;
    readonly problems: number;
    readonly warnings: number;
    readonly infos: number;
    /** Objects of kinds that are not served, which were not looked at. */
    readonly skipped: number;
  };
}

export function createReport(
  objects: readonly LintedObject[],
  unreadable: readonly string[],
  skipped: number,
): LintReport {
  const findings = objects.flatMap((object) => object.findings);
  const warnings = findings.filter(({ severity }) => severity === 'warning').length;
  const problems = objects.flatMap((object) => object.problems).length + unreadable.length;
  const infos = findings.length - warnings;
  return {
    ...{ objects, unreadable },
    summary: { objects: objects.length, problems, warnings, infos, skipped },
  };
}

/** One block for each object, one line for each thing to say about it; the summary comes last. */
export function renderReport({ objects, unreadable, summary }: LintReport): string {
  return [
    ...unreadable.map((problem) => `error ${problem}`),
    ...objects.flatMap(renderObject),
    renderSummary(summary),
  ].join('\n');
}

function renderObject({ kind, namespace, name, at, problems, findings }: LintedObject): string[] {
  const id = namespace === '' ? name : `${namespace}/${name}`;
  const lines = [
    ...problems.map((problem) => `  error    ${problem.at}: ${sentence(problem)}`),
    ...findings.map(
      (finding) =>
        `  ${finding.severity.padEnd(8)} ${finding.at}: ${sentence(finding)} (${finding.rule})`,
    ),
  ];
  return [`${kind} ${id} (${at})`, ...(lines.length === 0 ? ['  nothing to say'] : lines)];
}

function sentence({ field, message }: { readonly field: string; readonly message: string }) {
  return field === '' || message.includes(field) ? message : `${field}: ${message}`;
}

function renderSummary({ objects, problems, warnings, infos, skipped }: LintReport['summary']) {
  const counts = [
    count(objects, 'object'),
    count(problems, 'error'),
    count(warnings, 'warning'),
    `${infos} info`,
  ].join(', ');
  return skipped === 0 ? counts : `${counts}; ${skipped} of kinds that are not served skipped`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
