// SPDX-License-Identifier: Apache-2.0
import type { RejectionClass, ResourceProblem } from '../../shared/events/event.js';

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
  /** Ours: `environment` = not the content is wrong, and the worker tries again. Anything else, and absent: `invalid`. */
  readonly class?: unknown;
}

/**
 * What a worker may say at most; the rest is cut, because its words are kept, stored, shown in statuses (Kubernetes allows
 * 32,768 characters for the message of a condition) and printed on terminals. Our worker's longest reasons have 300.
 */
const MAX_MESSAGE_CHARS = 1_024;
/** As long as the longest name of ours: kind, namespace, name and part. */
const MAX_NAME_CHARS = 1_024;
/** A text longer than this is not read as JSON but cut as it is; 10,000 entries of a hundred characters. */
const MAX_DETAIL_CHARS = 1_048_576;
/** Entries read; a response has at most as many resources as our largest snapshot. */
const MAX_ENTRIES = 10_000;

/**
 * Reads the `error_detail` of a request; its absence is the acknowledgement (R5), its `code` says nothing
 * (the reference proxy always sends 0). The message is a JSON list of `{key, warn | error}`, one entry per
 * resource, and a `class` where the reason is not the content; any other text, as older proxies send, is about the whole response.
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
  const message = text === '' ? 'the worker gave no reason' : cut(text, MAX_MESSAGE_CHARS);
  return { kind: 'rejected', problems: [{ resource: '', message }], warnings: [] };
}

function problemsOf(
  diagnostics: readonly Diagnostic[],
  severity: 'warn' | 'error',
): ResourceProblem[] {
  return diagnostics.flatMap((diagnostic) => {
    const message = diagnostic[severity];
    if (message === undefined) return [];
    const problem = {
      resource: cut(diagnostic.key, MAX_NAME_CHARS),
      message: cut(message, MAX_MESSAGE_CHARS),
    };
    return isEnvironment(diagnostic.class) ? [{ ...problem, class: diagnostic.class }] : [problem];
  });
}

function isEnvironment(value: unknown): value is RejectionClass & 'environment' {
  return value === 'environment';
}

/** Control characters would move the cursor of whoever reads this on a terminal. */
const CONTROL = /\p{Cc}+/gu;

function cut(text: string, maxChars: number): string {
  const start = text.slice(0, maxChars).replace(CONTROL, ' ');
  return text.length > maxChars ? `${start}… (${text.length} characters)` : start;
}

/** Undefined when the text is not a non-empty list of which every entry says something about a key. */
function parseDiagnostics(text: string): readonly Diagnostic[] | undefined {
  if (text.length > MAX_DETAIL_CHARS) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Plain text is a legal way to reject; the caller takes it as such.
    return undefined;
  }
  if (!Array.isArray(parsed) || parsed.length === 0) return undefined;
  return parsed.every(isDiagnostic) ? parsed.slice(0, MAX_ENTRIES) : undefined;
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
