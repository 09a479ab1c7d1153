// SPDX-License-Identifier: Apache-2.0
import type { BackendTarget, HttpRoutePlan, ListenerPlan } from '../engine/plan.js';

/** Routes of one port, arranged for lookup; built once per plan. */
export interface RouteTable {
  /** The route that answers a request; undefined = 404. */
  match(host: string, target: string): HttpRoutePlan | undefined;
}

/**
 * Order of Gateway API: the most specific listener hostname first and alone, inside it the most
 * specific route hostname, then the exact path, then the longest prefix; among equals the first in the
 * plan's order.
 */
export function compileRoutes(listeners: readonly ListenerPlan[]): RouteTable {
  const byHost = new HostTable<HostTable<PathTable>>(() => new HostTable(() => new PathTable()));
  for (const listener of listeners) {
    const routes = byHost.at(listener.hostname);
    for (const route of listener.routes) {
      const hostnames = route.hostnames.length === 0 ? [''] : route.hostnames;
      for (const hostname of hostnames) routes.at(hostname).add(route);
    }
  }
  return {
    match(host, target) {
      const hostname = hostnameOf(host);
      const path = pathOf(target);
      const routes = byHost.firstMatch(hostname, (candidate) => candidate);
      return routes?.firstMatch(hostname, (paths) => paths.match(path));
    },
  };
}

/** Values by hostname: exact names, `*.` wildcards (longest first), and '' for every host. */
class HostTable<T> {
  readonly #create: () => T;
  readonly #exact = new Map<string, T>();
  readonly #wildcards: { readonly suffix: string; readonly value: T }[] = [];
  #any: T | undefined;

  constructor(create: () => T) {
    this.#create = create;
  }

  at(hostname: string): T {
    if (hostname === '' || hostname === '*') {
      this.#any ??= this.#create();
      return this.#any;
    }
    return hostname.startsWith('*.') ? this.#wildcard(hostname.slice(1)) : this.#named(hostname);
  }

  /** The first defined answer of `look`, from the most specific hostname to the least. */
  firstMatch<R>(hostname: string, look: (value: T) => R | undefined): R | undefined {
    const exact = this.#exact.get(hostname);
    const found = exact === undefined ? undefined : look(exact);
    if (found !== undefined) return found;
    for (const { suffix, value } of this.#wildcards) {
      // The dot is part of the suffix: `*.example.com` does not cover `example.com`.
      if (hostname.length <= suffix.length || !hostname.endsWith(suffix)) continue;
      const result = look(value);
      if (result !== undefined) return result;
    }
    return this.#any === undefined ? undefined : look(this.#any);
  }

  #named(hostname: string): T {
    const existing = this.#exact.get(hostname);
    if (existing !== undefined) return existing;
    const value = this.#create();
    this.#exact.set(hostname, value);
    return value;
  }

  #wildcard(suffix: string): T {
    const existing = this.#wildcards.find((wildcard) => wildcard.suffix === suffix);
    if (existing !== undefined) return existing.value;
    const value = this.#create();
    this.#wildcards.push({ suffix, value });
    this.#wildcards.sort((a, b) => b.suffix.length - a.suffix.length);
    return value;
  }
}

/** Exact paths and prefixes by element (`/a` covers `/a` and `/a/b`, not `/ab`). */
class PathTable {
  readonly #exact = new Map<string, HttpRoutePlan>();
  /** Without trailing slash; the root is the empty string. */
  readonly #prefixes = new Map<string, HttpRoutePlan>();

  add(route: HttpRoutePlan): void {
    const { type, value } = route.pathMatch;
    const table = type === 'exact' ? this.#exact : this.#prefixes;
    const key = type === 'exact' ? value : value.replace(/\/+$/, '');
    if (!table.has(key)) table.set(key, route);
  }

  match(path: string): HttpRoutePlan | undefined {
    const exact = this.#exact.get(path);
    if (exact !== undefined) return exact;
    let prefix = path.endsWith('/') ? path.slice(0, -1) : path;
    while (prefix !== '') {
      const route = this.#prefixes.get(prefix);
      if (route !== undefined) return route;
      prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
    }
    return this.#prefixes.get('');
  }
}

/** Host header without its port, lower case, without the dot of a fully qualified name. */
function hostnameOf(host: string): string {
  if (host.startsWith('[')) return host.slice(0, host.indexOf(']') + 1).toLowerCase();
  const colon = host.indexOf(':');
  const name = (colon === -1 ? host : host.slice(0, colon)).toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/** Path of a request target in origin form. */
function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
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
