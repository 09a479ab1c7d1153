// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';

/** What a worker tells its control plane about one resource; an `error` means that the resource was not taken. */
export interface Diagnostic {
  /** Resource.name, or the empty string when the resource has none. */
  readonly key: string;
  readonly severity: 'warn' | 'error';
  readonly message: string;
  /** Set where nothing is wrong with the content: what is around the worker is in the way, and the worker tries again. */
  readonly class?: 'environment';
}

/** Everything found in one value; no errors means that it may be used. */
export interface Findings {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

export const NO_FINDINGS: Findings = Object.freeze({ errors: [], warnings: [] });

export function mergeFindings(...parts: readonly Findings[]): Findings {
  return {
    errors: parts.flatMap((part) => part.errors),
    warnings: parts.flatMap((part) => part.warnings),
  };
}

/** By key, errors before warnings, then by message: the same list for the same facts. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.toSorted(
    (a, b) =>
      compareText(a.key, b.key) ||
      compareText(a.severity, b.severity) ||
      compareText(a.message, b.message),
  );
}
