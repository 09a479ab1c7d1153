// SPDX-License-Identifier: Apache-2.0
import type { Route__Output as Route } from '../../shared/proto/gen/agentgateway/dev/resource/Route.js';
import type { RouteMatch__Output as RouteMatch } from '../../shared/proto/gen/agentgateway/dev/resource/RouteMatch.js';
import type { TCPRoute__Output as TcpRoute } from '../../shared/proto/gen/agentgateway/dev/resource/TCPRoute.js';
import type { HttpRoutePlan, TcpRoutePlan, ValueMatch } from '../engine/plan.js';
import type { ResolvedBackends } from './backend-targets.js';
import type { Named } from './held-index.js';
import { routeFilters, timeoutMs } from './route-filters.js';

type PathMatch = HttpRoutePlan['pathMatch'];

interface WireValue {
  readonly exact?: string;
  readonly regex?: string;
}

const EVERY_PATH: PathMatch = { type: 'prefix', value: '/' };

/** Plans of one rule, one per match. `restricted` says which policy closes the route. */
export function httpRoutePlans(
  route: Named<Route>,
  resolved: ResolvedBackends,
  restricted: string | undefined,
): readonly HttpRoutePlan[] {
  const { matches, trafficPolicies, hostnames } = route.value;
  const everyMatch: readonly RouteMatch[] =
    matches.length > 0 ? matches : [{ headers: [], queryParams: [] }];
  const limitMs = timeoutMs(trafficPolicies);
  return everyMatch.map((match, at) => {
    const pathMatch = pathOf(match);
    const outcome = routeFilters(trafficPolicies, pathMatch);
    const filters = 'filters' in outcome ? outcome.filters : {};
    const isRedirect = filters.redirect !== undefined;
    const reason =
      unservedCondition(match) ??
      restricted ??
      ('refused' in outcome ? outcome.refused : undefined) ??
      (isRedirect ? undefined : resolved.refused);
    return {
      // A key names one plan; further matches of the same rule get a number.
      key: at === 0 ? route.key : `${route.key}#${at}`,
      hostnames: hostnames.map((hostname) => hostname.toLowerCase()),
      pathMatch,
      ...conditionsOf(match),
      ...(Object.keys(filters).length === 0 ? {} : { filters }),
      ...(limitMs === 0 ? {} : { timeoutMs: limitMs }),
      backends: reason === undefined && !isRedirect ? resolved.backends : [],
      ...(reason === undefined ? {} : { refusal: { reason } }),
    };
  });
}

export function tcpRoutePlan(route: Named<TcpRoute>, resolved: ResolvedBackends): TcpRoutePlan {
  const { backends, refused } = resolved;
  if (refused === undefined) return { key: route.key, backends };
  return { key: route.key, backends: [], refusal: { reason: refused } };
}

/** A condition that cannot be checked is taken to hold: a request that fell through to another route could pass around an authorization that the operator put on this one. */
function unservedCondition({ path, headers, queryParams }: RouteMatch): string | undefined {
  if (path !== undefined && path.kind === undefined) {
    return 'it matches paths in a way that this worker does not know';
  }
  if (headers.some(({ value }) => value === undefined)) {
    return 'it matches a header in a way that this worker does not know';
  }
  if (queryParams.some(({ value }) => value === undefined)) {
    return 'it matches a query parameter in a way that this worker does not know';
  }
  return undefined;
}

function conditionsOf({ method, headers, queryParams }: RouteMatch) {
  const named = headers.map((match) => valueMatch((match.name ?? '').toLowerCase(), match));
  const query = queryParams.map((match) => valueMatch(match.name ?? '', match));
  return {
    ...(method?.exact ? { method: method.exact } : {}),
    ...(named.length === 0 ? {} : { headers: firstOfEachName(named) }),
    ...(query.length === 0 ? {} : { query: firstOfEachName(query) }),
  };
}

function valueMatch(name: string, { exact, regex }: WireValue): ValueMatch {
  if (exact !== undefined) return { name, type: 'exact', value: exact };
  if (regex !== undefined) return { name, type: 'regex', value: regex };
  return { name, type: 'unknown', value: '' };
}

/** Gateway API: of several entries for one name the first counts, the others are ignored. */
function firstOfEachName(matches: readonly ValueMatch[]): readonly ValueMatch[] {
  return matches.filter(({ name }, at) => matches.findIndex((other) => other.name === name) === at);
}

function pathOf({ path }: RouteMatch): PathMatch {
  if (path?.exact !== undefined) return { type: 'exact', value: path.exact };
  if (path?.regex !== undefined) return { type: 'regex', value: path.regex };
  if (path?.pathPrefix) return { type: 'prefix', value: path.pathPrefix };
  return EVERY_PATH;
}
