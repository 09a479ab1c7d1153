// SPDX-License-Identifier: Apache-2.0

import { isUnchangeable } from '../../shared/names/http-fields.js';
import type { BackendPolicySpec__Output as BackendPolicy } from '../../shared/proto/gen/agentgateway/dev/resource/BackendPolicySpec.js';
import type { Header__Output as Header } from '../../shared/proto/gen/agentgateway/dev/resource/Header.js';
import type { HeaderModifier__Output as HeaderModifier } from '../../shared/proto/gen/agentgateway/dev/resource/HeaderModifier.js';
import type { RequestRedirect__Output as RequestRedirect } from '../../shared/proto/gen/agentgateway/dev/resource/RequestRedirect.js';
import type { Timeout__Output as Timeout } from '../../shared/proto/gen/agentgateway/dev/resource/Timeout.js';
import type { TrafficPolicySpec__Output as TrafficPolicy } from '../../shared/proto/gen/agentgateway/dev/resource/TrafficPolicySpec.js';
import { fromWireDurationMs } from '../../shared/time/duration.js';
import type {
  BackendFilters,
  HeaderChanges,
  HttpRoutePlan,
  PathChange,
  Redirect,
  RouteFilters,
} from '../engine/plan.js';
import { prefixKey } from '../proxy/route-order.js';

type PathMatch = HttpRoutePlan['pathMatch'];

/** Filters of a rule, or why it has to be refused: a filter that is left out may be the one that keeps somebody out. */
export type FilterOutcome<T> = { readonly filters: T } | { readonly refused: string };

const UNKNOWN = 'it has a filter that this worker cannot enforce';

/** `pathMatch` is the match that a prefix is replaced in. */
export function routeFilters(
  policies: readonly TrafficPolicy[],
  pathMatch: PathMatch,
): FilterOutcome<RouteFilters> {
  let filters: RouteFilters = {};
  try {
    for (const policy of policies) {
      if (policy.kind === undefined) return { refused: UNKNOWN };
      filters = { ...filters, ...readTraffic(policy, pathMatch) };
    }
  } catch (error) {
    if (error instanceof Unservable) return { refused: error.message };
    throw error;
  }
  return { filters };
}

/** The filters among a backend's policies; those about its connection are somebody else's to read. */
export function backendFilters(policies: readonly BackendPolicy[]): FilterOutcome<BackendFilters> {
  let filters: BackendFilters = {};
  try {
    for (const { requestHeaderModifier, responseHeaderModifier, requestRedirect } of policies) {
      filters = {
        ...filters,
        ...(requestHeaderModifier && { requestHeaders: readChanges(requestHeaderModifier) }),
        ...(responseHeaderModifier && { responseHeaders: readChanges(responseHeaderModifier) }),
        ...(requestRedirect && { redirect: readRedirect(requestRedirect, undefined) }),
      };
    }
  } catch (error) {
    if (error instanceof Unservable) return { refused: error.message };
    throw error;
  }
  return { filters };
}

/**
 * Milliseconds, 0 for no limit. The shorter of the two limits holds, over all attempts: a request is only sent again when nothing
 * of it has reached a backend, so an attempt and the whole exchange are the same here.
 */
export function timeoutMs(policies: readonly TrafficPolicy[]): number {
  const limits = policies.flatMap(({ timeout }) =>
    timeout === undefined ? [] : limitsOf(timeout),
  );
  return limits.length === 0 ? 0 : Math.min(...limits);
}

function limitsOf({ request, backendRequest }: Timeout): number[] {
  return [request, backendRequest]
    .map((each) => (each === undefined ? 0 : Math.ceil(fromWireDurationMs(each))))
    .filter((ms) => ms > 0);
}

class Unservable extends Error {}

function readTraffic(policy: TrafficPolicy, pathMatch: PathMatch): RouteFilters {
  const { requestHeaderModifier, responseHeaderModifier, requestRedirect, urlRewrite } = policy;
  if (requestHeaderModifier) return { requestHeaders: readChanges(requestHeaderModifier) };
  if (responseHeaderModifier) return { responseHeaders: readChanges(responseHeaderModifier) };
  if (requestRedirect) return { redirect: readRedirect(requestRedirect, pathMatch) };
  if (urlRewrite === undefined) return {};
  const path = readPath(urlRewrite, pathMatch);
  return {
    ...(urlRewrite.host && { hostname: checkHost(urlRewrite.host) }),
    ...(path && { path }),
  };
}

function readRedirect(redirect: RequestRedirect, pathMatch: PathMatch | undefined): Redirect {
  const { scheme, host, port, status = 0 } = redirect;
  const path = readPath(redirect, pathMatch);
  if (status !== 0 && (status < 300 || status > 399)) {
    throw new Unservable(`its redirect has the status ${status}; it takes 301, 302, 303, 307, 308`);
  }
  if (scheme && !/^[a-z][a-z0-9+.-]*$/i.test(scheme)) {
    throw new Unservable(`its redirect has the scheme ${JSON.stringify(scheme)}, which is none`);
  }
  return {
    ...(scheme && { scheme: scheme.toLowerCase() }),
    ...(host && { hostname: checkHost(host) }),
    ...(port && { port }),
    ...(path && { path }),
    status: status || 302,
  };
}

interface WirePath {
  readonly full?: string;
  readonly prefix?: string;
}

function readPath(wire: WirePath, match: PathMatch | undefined): PathChange | undefined {
  if (wire.full !== undefined) return { type: 'full', path: asPath(wire.full) };
  if (wire.prefix === undefined) return undefined;
  if (match?.type !== 'prefix') {
    throw new Unservable('it replaces the prefix of a path that it does not match by prefix');
  }
  const to = prefixKey(asPath(wire.prefix));
  return { type: 'prefix', from: prefixKey(match.value), to };
}

/** What a request line can carry: the rest, and what would begin a query or fragment, percent-encoded. */
function asPath(text: string): string {
  const path = text.replace(/[^!-~]|[?#]/gu, encodeURIComponent);
  return path.startsWith('/') ? path : `/${path}`;
}

function checkHost(host: string): string {
  if (/^[A-Za-z0-9._~-]+$|^\[[0-9a-fA-F:.]+\]$/.test(host)) return host;
  throw new Unservable(
    `it puts ${JSON.stringify(host)} in place of the host, which is no host name`,
  );
}

/** Headers of one connection, of the message's framing and of its routing stay as they are. */
function readChanges({ add, set, remove }: HeaderModifier): HeaderChanges {
  return {
    add: add.flatMap(readField),
    set: set.flatMap(readField),
    remove: remove.map((name) => name.toLowerCase()).filter((name) => !isUnchangeable(name)),
  };
}

const TOKEN = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;
/** Visible characters, spaces and tabs (RFC 9110 §5.5); anything else could end the field and begin another. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function readField({ name = '', value = '' }: Header): { name: string; value: string }[] {
  if (isUnchangeable(name.toLowerCase())) return [];
  if (!TOKEN.test(name)) throw new Unservable(`it writes a header ${JSON.stringify(name)}`);
  if (!FIELD_VALUE.test(value)) {
    throw new Unservable(`it writes a value in header ${name} that no header can have`);
  }
  return [{ name, value: value.trim() }];
}
