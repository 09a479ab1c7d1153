// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { Backend__Output } from '../../shared/proto/gen/agentgateway/dev/resource/Backend.js';
import type { Bind__Output } from '../../shared/proto/gen/agentgateway/dev/resource/Bind.js';
import type { Listener__Output } from '../../shared/proto/gen/agentgateway/dev/resource/Listener.js';
import type { Policy__Output } from '../../shared/proto/gen/agentgateway/dev/resource/Policy.js';
import type { Route__Output } from '../../shared/proto/gen/agentgateway/dev/resource/Route.js';
import type { TCPRoute__Output } from '../../shared/proto/gen/agentgateway/dev/resource/TCPRoute.js';
import type { ResourceSet } from './resource-set.js';
import type { GatewayResource } from './resource-types.js';

/** A resource with its name on the wire, which diagnostics use, and its own key, which everything else uses. */
export interface Named<T> {
  readonly name: string;
  readonly key: string;
  readonly value: T;
}

/** What is held, by kind; each list sorted by key. */
export interface HeldIndex {
  readonly binds: readonly Named<Bind__Output>[];
  readonly listeners: readonly Named<Listener__Output>[];
  readonly routes: readonly Named<Route__Output>[];
  readonly tcpRoutes: readonly Named<TCPRoute__Output>[];
  readonly policies: readonly Named<Policy__Output>[];
  readonly backends: ReadonlyMap<string, Named<Backend__Output>>;
}

export function indexHeld(held: ResourceSet<GatewayResource>): HeldIndex {
  const backends = collect(held, ({ backend }) => backend);
  return {
    binds: collect(held, ({ bind }) => bind),
    listeners: collect(held, ({ listener }) => listener),
    routes: collect(held, ({ route }) => route),
    tcpRoutes: collect(held, ({ tcpRoute }) => tcpRoute),
    policies: indexPolicies(held),
    backends: new Map(backends.map((backend) => [backend.key, backend])),
  };
}

/** Policies alone: what changes most. */
export function indexPolicies(held: ResourceSet<GatewayResource>): Named<Policy__Output>[] {
  return collect(held, ({ policy }) => policy);
}

function collect<T extends { key?: string }>(
  held: ResourceSet<GatewayResource>,
  pick: (resource: GatewayResource) => T | undefined,
): Named<T>[] {
  const found: Named<T>[] = [];
  for (const { name, value: resource } of held.values()) {
    const value = pick(resource);
    if (value !== undefined) found.push({ name, key: value.key ?? '', value });
  }
  return found.sort((a, b) => compareText(a.key, b.key));
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
