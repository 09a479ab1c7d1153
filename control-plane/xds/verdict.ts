// SPDX-License-Identifier: Apache-2.0
import type { ResourceProblem } from '../../shared/events/event.js';

/** What a worker made of one response. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly warnings: readonly ResourceProblem[] }
  /** The named resources were refused, everything else of the response was applied. */
  | {
      readonly kind: 'partly-rejected';
      readonly problems: readonly ResourceProblem[];
      readonly warnings: readonly ResourceProblem[];
    }
  /** Nobody can tell which resource was at fault, so none counts as applied. */
  | {
      readonly kind: 'rejected';
      readonly problems: readonly ResourceProblem[];
      readonly warnings: readonly ResourceProblem[];
    };

interface Diagnostic {
  readonly key: string;
  readonly warn?: string;
  readonly error?: string;
}

/**
 * Reads the `error_detail` of a request; its absence is the acknowledgement (R5), its `code` says nothing
 * (the reference proxy always sends 0). The message is a JSON list of `{key, warn | error}`, one entry per
 * resource; any other text, as older proxies send, is about the whole response.
 * `isInResponse` tells whether the response carried a resource (or removal) of that name.
 */
export function readVerdict(
  errorDetail: { readonly message?: string } | undefined,
  isInResponse: (name: string) => boolean,
): Verdict {
  if (errorDetail === undefined) return { kind: 'accepted', warnings: [] };
  const text = errorDetail.message ?? '';
  const diagnostics = parseDiagnostics(text);
  if (diagnostics === undefined) return rejectedWhole(text);
  const warnings = problemsOf(diagnostics, 'warn');
  const problems = problemsOf(diagnostics, 'error');
  if (problems.length === 0) return { kind: 'accepted', warnings };
  const attributable = problems.every((problem) => isInResponse(problem.resource));
  return { kind: attributable ? 'partly-rejected' : 'rejected', problems, warnings };
}

function rejectedWhole(text: string): Verdict {
  const message = text === '' ? 'the worker gave no reason' : text;
  return { kind: 'rejected', problems: [{ resource: '', message }], warnings: [] };
}

function problemsOf(
  diagnostics: readonly Diagnostic[],
  severity: 'warn' | 'error',
): ResourceProblem[] {
  return diagnostics.flatMap((diagnostic) => {
    const message = diagnostic[severity];
    return message === undefined ? [] : [{ resource: diagnostic.key, message }];
  });
}

/** Undefined when the text is not a non-empty list of which every entry says something about a key. */
function parseDiagnostics(text: string): readonly Diagnostic[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Plain text is a legal way to reject; the caller takes it as such.
    return undefined;
  }
  if (!Array.isArray(parsed) || parsed.length === 0) return undefined;
  return parsed.every(isDiagnostic) ? parsed : undefined;
}

function isDiagnostic(value: unknown): value is Diagnostic {
  if (typeof value !== 'object' || value === null) return false;
  const { key, warn, error } = value as Partial<Record<keyof Diagnostic, unknown>>;
  const says = typeof warn === 'string' || typeof error === 'string';
  return typeof key === 'string' && says && isOptionalText(warn) && isOptionalText(error);
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}
