// SPDX-License-Identifier: Apache-2.0
import { type FieldProblem, HeartlineError } from '../../../shared/errors/heartline-error.js';
import { type Query, singleValue } from '../request-options.js';
import { type ContinueToken, decodeContinue } from './continue-token.js';

/** At which version something is read. */
export type AtVersion =
  | { readonly at: 'newest' }
  /** At least this one; a client saw it already. */
  | { readonly at: 'not-older'; readonly version: number }
  | { readonly at: 'exact'; readonly version: number };

export interface ListQuery {
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  /** Objects of one page; 0 = all. */
  readonly limit: number;
  readonly at: AtVersion;
  /** Set for every page but the first. */
  readonly page: ContinueToken | undefined;
}

export interface WatchQuery {
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  /**
   * `after` a version; or first every object as `ADDED` (`start`), then what comes; or so with a mark after
   * the objects (`marked`), as clients ask that watch instead of listing first.
   */
  readonly begin:
    | { readonly from: 'version'; readonly version: number }
    | { readonly from: 'start' | 'marked'; readonly version: number };
  readonly allowBookmarks: boolean;
  /** Undefined = the server's choice. */
  readonly timeoutSeconds: number | undefined;
}

/** `watch=true`, `watch=1` or `watch`, as Go reads booleans. */
export function isWatch(query: Query): boolean {
  return readFlag(query, 'watch') ?? false;
}

/** Reads the options of a list (metav1.ListOptions). Throws INVALID_ARGUMENT and, where options contradict each other, INVALID_OBJECT. */
export function readListQuery(query: Query): ListQuery {
  if (singleValue(query, 'sendInitialEvents') !== undefined) {
    throw contradiction('sendInitialEvents', 'sendInitialEvents is for watches: add watch=true');
  }
  // Kubernetes takes a limit below zero for none.
  const limit = Math.max(0, readCount(query, 'limit') ?? 0);
  const token = singleValue(query, 'continue') || undefined;
  if (token !== undefined) checkAlone(query);
  return {
    labelSelector: singleValue(query, 'labelSelector'),
    fieldSelector: singleValue(query, 'fieldSelector'),
    limit,
    at: readAtVersion(query, limit > 0),
    page: token === undefined ? undefined : decodeContinue(token),
  };
}

/** Reads the options of a watch. Throws as `readListQuery` does. */
export function readWatchQuery(query: Query): WatchQuery {
  return {
    labelSelector: singleValue(query, 'labelSelector'),
    fieldSelector: singleValue(query, 'fieldSelector'),
    begin: readBegin(query),
    allowBookmarks: readFlag(query, 'allowWatchBookmarks') ?? false,
    timeoutSeconds: Math.max(0, readCount(query, 'timeoutSeconds') ?? 0) || undefined,
  };
}

/** The resourceVersion of a GET of one object, which is never a version that was. */
export function readGetVersion(query: Query): number {
  return readVersion(query) ?? 0;
}

function readBegin(query: Query): WatchQuery['begin'] {
  const sendsObjects = readFlag(query, 'sendInitialEvents');
  const match = singleValue(query, 'resourceVersionMatch') || undefined;
  const version = readVersion(query);
  if (sendsObjects === undefined) {
    if (match !== undefined) {
      throw contradiction(
        'resourceVersionMatch',
        'a watch has resourceVersionMatch only together with sendInitialEvents',
      );
    }
    if (version === undefined || version === 0) return { from: 'start', version: 0 };
    return { from: 'version', version };
  }
  if (match !== 'NotOlderThan') {
    throw contradiction(
      'resourceVersionMatch',
      'sendInitialEvents requires resourceVersionMatch=NotOlderThan',
    );
  }
  if (sendsObjects) return { from: 'marked', version: version ?? 0 };
  return { from: 'version', version: version ?? 0 };
}

function readAtVersion(query: Query, isPaged: boolean): AtVersion {
  const version = readVersion(query);
  const match = singleValue(query, 'resourceVersionMatch') || undefined;
  if (match !== undefined && match !== 'Exact' && match !== 'NotOlderThan') {
    throw invalidOption({
      field: 'resourceVersionMatch',
      message: `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
      reason: 'FieldValueNotSupported',
    });
  }
  if (version === undefined) {
    if (match === undefined) return { at: 'newest' };
    throw contradiction(
      'resourceVersionMatch',
      'resourceVersionMatch is forbidden unless resourceVersion is provided',
    );
  }
  if (match === 'Exact' && version === 0) {
    throw contradiction(
      'resourceVersionMatch',
      'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    );
  }
  if (version === 0) return { at: 'newest' };
  // Without a match, pages are of the version that was asked for and a whole list is at least of it.
  const isExact = match === 'Exact' || (match === undefined && isPaged);
  return { at: isExact ? 'exact' : 'not-older', version };
}

function checkAlone(query: Query): void {
  if (singleValue(query, 'resourceVersionMatch')) {
    throw contradiction('resourceVersionMatch', 'it says nothing beside continue: leave it out');
  }
  const version = readVersion(query);
  if (version === undefined || version === 0) return;
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    'specifying resourceVersion is not allowed beside continue, which names one itself',
  );
}

function readVersion(query: Query): number | undefined {
  const text = singleValue(query, 'resourceVersion') ?? '';
  if (text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    `invalid resource version ${JSON.stringify(text)}: give one back as it came, or 0`,
  );
}

function readCount(query: Query, name: string): number | undefined {
  const text = singleValue(query, name) ?? '';
  if (text === '') return undefined;
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    `${name} is ${JSON.stringify(text)}; give a whole number up to 999999999`,
  );
}

function readFlag(query: Query, name: string): boolean | undefined {
  const text = singleValue(query, name);
  if (text === undefined) return undefined;
  // Kubernetes takes a parameter that is only named for set.
  return !['0', 'false', 'False', 'f', 'F', 'FALSE'].includes(text);
}

function contradiction(field: string, message: string): HeartlineError {
  return invalidOption({ field, message: `Forbidden: ${message}`, reason: 'FieldValueForbidden' });
}

function invalidOption(problem: FieldProblem): HeartlineError {
  const message = `ListOptions.meta.k8s.io "" is invalid: ${problem.field}: ${problem.message}`;
  return new HeartlineError('INVALID_OBJECT', message, { problems: [problem] });
}
