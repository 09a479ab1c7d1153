// SPDX-License-Identifier: Apache-2.0
import type {
  BackendTarget,
  HeaderChanges,
  HttpRoutePlan,
  HttpSettings,
  RouteFilters,
} from '../engine/plan.js';
import { withForwarded } from './forwarded.js';
import { changeHeaders } from './header-changes.js';
import type { FlatHeaders } from './headers.js';
import { changePath } from './redirect.js';

type HeaderCase = HttpSettings['http1HeaderCase'];

interface IncomingRequest {
  readonly target: string;
  readonly host: string;
  readonly headers: FlatHeaders;
}

/** A request as its route and backend send it on, and what becomes of the answer. */
export interface Passage extends IncomingRequest {
  /** Changes to the answer's headers, in order; most routes have none. */
  readonly responseChanges: readonly HeaderChanges[];
  readonly headerCase: HeaderCase;
  /** From the request's head to the end of the answer, milliseconds; 0: no limit. */
  readonly timeoutMs: number;
}

export interface PassageParts {
  readonly route: HttpRoutePlan;
  readonly backend: BackendTarget;
  readonly headerCase: HeaderCase;
  /** IP address of the client; empty when unknown. */
  readonly client: string;
}

const NONE: readonly HeaderChanges[] = [];

/**
 * What tells the backend who asked comes first, then host and path, then the headers, the route's before the backend's; so a
 * filter sees what the one before it made, and may take X-Forwarded-* away.
 */
export function planPassage(
  request: IncomingRequest,
  { route, backend, headerCase, client }: PassageParts,
): Passage {
  const { filters, timeoutMs = 0 } = route;
  const { target, host } = request;
  const headers = withForwarded(request.headers, { client, host, scheme: 'http' });
  if (filters === undefined && backend.filters === undefined) {
    return { target, host, headers, responseChanges: NONE, headerCase, timeoutMs };
  }
  const changes = [filters?.requestHeaders, backend.filters?.requestHeaders];
  const hostname = filters?.hostname;
  const withHost = hostname === undefined ? headers : withHostname(headers, hostname);
  return {
    target: filters?.path === undefined ? target : changePath(filters.path, target),
    host: hostname ?? host,
    headers: changes.reduce<FlatHeaders>(
      (before, change) => (change ? changeHeaders(before, change, headerCase) : before),
      withHost,
    ),
    responseChanges: responseChangesOf(filters, backend.filters),
    headerCase,
    timeoutMs,
  };
}

/** Headers of an answer as the client gets them. */
export function passBack(
  headers: readonly string[],
  { responseChanges, headerCase }: Pick<Passage, 'responseChanges' | 'headerCase'>,
): readonly string[] {
  let passed = headers;
  for (const changes of responseChanges) passed = changeHeaders(passed, changes, headerCase);
  return passed;
}

/** The backend's before the route's: the way back. */
export function responseChangesOf(
  route: RouteFilters | undefined,
  backend: BackendTarget['filters'],
): readonly HeaderChanges[] {
  return [backend?.responseHeaders, route?.responseHeaders].filter((each) => each !== undefined);
}

function withHostname(headers: FlatHeaders, hostname: string): readonly string[] {
  const changed = [...headers];
  for (let i = 0; i + 1 < changed.length; i += 2) {
    if (changed[i]?.toLowerCase() !== 'host') continue;
    changed[i + 1] = hostname;
    return changed;
  }
  return ['host', hostname, ...changed];
}
