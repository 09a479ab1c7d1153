// SPDX-License-Identifier: Apache-2.0
import type { BackendTarget, HttpRoutePlan, ListenerPlan } from '../engine/plan.js';
import { HostTable } from './host-table.js';
import { RequestFacts, type RouteRequest } from './match-conditions.js';
import { PathTable } from './path-table.js';
import { compareMatches } from './route-order.js';

/** Routes of one port, arranged for lookup; built once per plan. */
export interface RouteTable {
  /** The route that answers a request; undefined = 404. */
  match(request: RouteRequest): HttpRoutePlan | undefined;
  /** Name of the listener that a host belongs to; empty when none takes it. */
  listenerOf(host: string): string;
}

/**
 * Order of Gateway API: the most specific listener hostname first and alone, inside it the most specific route hostname (exact,
 * then the longest wildcard, then none), then `compareMatches`; among equals the first in the plan's order.
 */
export function compileRoutes(listeners: readonly ListenerPlan[]): RouteTable {
  const byHost = new HostTable<HttpRoutePlan[]>(() => []);
  const tables = new HostTable<HostTable<PathTable>>(() => new HostTable(() => new PathTable()));
  for (const { hostname, routes } of listeners) byHost.at(hostname).push(...routes);
  for (const hostname of new Set(listeners.map((listener) => listener.hostname))) {
    const paths = tables.at(hostname);
    for (const [rank, route] of byHost.at(hostname).sort(compareMatches).entries()) {
      for (const host of namesOf(route)) paths.at(host).add(route, rank);
    }
  }
  const [only] = listeners;
  const names = new HostTable<{ name: string }>(() => ({ name: '' }));
  // Of two listeners with one hostname the first counts, as for their routes.
  for (const { hostname, name } of [...listeners].reverse()) names.at(hostname).name = name;
  return {
    listenerOf(host) {
      if (listeners.length === 1 && only?.hostname === '') return only.name;
      return names.firstMatch(hostnameOf(host), ({ name }) => name) ?? '';
    },
    match(request) {
      const hostname = hostnameOf(request.host);
      const paths = tables.firstMatch(hostname, (candidate) => candidate);
      if (paths === undefined) return undefined;
      const facts = new RequestFacts(request);
      return paths.firstMatch(hostname, (table) => table.match(facts));
    },
  };
}

function namesOf({ hostnames }: HttpRoutePlan): Iterable<string> {
  return hostnames.length === 0 ? [''] : new Set(hostnames);
}

/** Host header without its port, lower case, without the dot of a fully qualified name. */
function hostnameOf(host: string): string {
  if (host.startsWith('[')) return host.slice(0, host.indexOf(']') + 1).toLowerCase();
  const colon = host.indexOf(':');
  const name = (colon === -1 ? host : host.slice(0, colon)).toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/** Chooses by weight; `random` is uniform in [0, 1). Undefined when no backend takes traffic. */
export function pickBackend(
  backends: readonly BackendTarget[],
  random: () => number,
): BackendTarget | undefined {
  const [only] = backends;
  if (backends.length === 1) return only !== undefined && only.weight > 0 ? only : undefined;
  let total = 0;
  for (const backend of backends) total += Math.max(0, backend.weight);
  let left = random() * total;
  for (const backend of backends) {
    left -= Math.max(0, backend.weight);
    if (left < 0) return backend;
  }
  return undefined;
}
