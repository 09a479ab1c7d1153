// SPDX-License-Identifier: Apache-2.0
import type { Route__Output as Route } from '../../shared/proto/gen/agentgateway/dev/resource/Route.js';
import type { RouteMatch__Output as RouteMatch } from '../../shared/proto/gen/agentgateway/dev/resource/RouteMatch.js';
import type { TCPRoute__Output as TcpRoute } from '../../shared/proto/gen/agentgateway/dev/resource/TCPRoute.js';
import type { HttpRoutePlan, TcpRoutePlan } from '../engine/plan.js';
import type { ResolvedBackends } from './backend-targets.js';
import type { Named } from './held-index.js';

type PathMatch = HttpRoutePlan['pathMatch'];

const EVERY_PATH: PathMatch = { type: 'prefix', value: '/' };

/** Plans of one rule, one per match. */
export interface RulePlans {
  /**
   * Matches with a condition that this worker cannot check. They are refused, and they come before every plain match of a
   * listener: Gateway API prefers them among equal paths, and a request that fell through to another route could pass around an
   * authorization that the operator put on this one.
   */
  readonly conditional: readonly HttpRoutePlan[];
  readonly plain: readonly HttpRoutePlan[];
}

/** `restricted` says which policy closes the route. */
export function httpRoutePlans(
  route: Named<Route>,
  resolved: ResolvedBackends,
  restricted: string | undefined,
): RulePlans {
  const { matches, trafficPolicies, hostnames } = route.value;
  const filtered =
    trafficPolicies.length > 0 ? 'it has a filter that this worker cannot enforce' : undefined;
  const refused = restricted ?? filtered ?? resolved.refused;
  const everyMatch: readonly RouteMatch[] =
    matches.length > 0 ? matches : [{ headers: [], queryParams: [] }];
  const conditional: HttpRoutePlan[] = [];
  const plain: HttpRoutePlan[] = [];
  for (const [at, match] of everyMatch.entries()) {
    const unserved = unservedCondition(match);
    const reason = unserved ?? refused;
    const plan: HttpRoutePlan = {
      // A key names one plan; further matches of the same rule get a number.
      key: at === 0 ? route.key : `${route.key}#${at}`,
      hostnames: hostnames.map((hostname) => hostname.toLowerCase()),
      pathMatch: pathOf(match),
      backends: reason === undefined ? resolved.backends : [],
      ...(reason === undefined ? {} : { refusal: { reason } }),
    };
    (unserved === undefined ? plain : conditional).push(plan);
  }
  return { conditional, plain };
}

export function tcpRoutePlan(route: Named<TcpRoute>, resolved: ResolvedBackends): TcpRoutePlan {
  const { backends, refused } = resolved;
  if (refused === undefined) return { key: route.key, backends };
  return { key: route.key, backends: [], refusal: { reason: refused } };
}

function unservedCondition(match: RouteMatch): string | undefined {
  if (match.path?.kind === 'regex') return 'it matches paths by regular expression';
  if (match.path !== undefined && match.path.kind === undefined) {
    return 'it matches paths in a way that this worker does not know';
  }
  if (match.headers.length > 0) return 'it matches on headers, which this worker does not serve';
  if (match.method !== undefined)
    return 'it matches on the method, which this worker does not serve';
  if (match.queryParams.length > 0) {
    return 'it matches on query parameters, which this worker does not serve';
  }
  return undefined;
}

function pathOf({ path }: RouteMatch): PathMatch {
  if (path?.exact !== undefined) return { type: 'exact', value: path.exact };
  if (path?.pathPrefix) return { type: 'prefix', value: path.pathPrefix };
  return EVERY_PATH;
}
