// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { Backend__Output as Backend } from '../../shared/proto/gen/agentgateway/dev/resource/Backend.js';
import type { Bind__Output as Bind } from '../../shared/proto/gen/agentgateway/dev/resource/Bind.js';
import type { HeaderMatch__Output as ValueMatch } from '../../shared/proto/gen/agentgateway/dev/resource/HeaderMatch.js';
import type { Listener__Output as Listener } from '../../shared/proto/gen/agentgateway/dev/resource/Listener.js';
import type { RouteBackend__Output as RouteBackend } from '../../shared/proto/gen/agentgateway/dev/resource/RouteBackend.js';
import type { RouteMatch__Output as RouteMatch } from '../../shared/proto/gen/agentgateway/dev/resource/RouteMatch.js';
import type { Address__Output as Address } from '../../shared/proto/gen/istio/workload/Address.js';
import { groupBy, type HeldIndex, indexHeld, type Named } from '../state/held-index.js';
import type { ResourceSet } from '../state/resource-set.js';
import type { GatewayResource } from '../state/resource-types.js';
import { dumpAddresses } from './config-dump-addresses.js';
import { dumpInlinePolicies } from './config-dump-filters.js';
import { dumpPolicy } from './config-dump-policy.js';
import type { DumpProfile } from './config-dump-profile.js';

export interface DumpFacts {
  /** Heartline's own version. */
  readonly version: string;
  /** Process settings worth seeing; no secrets. */
  readonly config: object;
}

/**
 * What is held, as the answer of GET /config_dump in the shape of `profile`. Everything is sorted, so that two dumps can be compared as text.
 * Key material of listeners is left out.
 */
export function configDump(
  held: ResourceSet<GatewayResource>,
  addresses: ResourceSet<Address>,
  facts: DumpFacts,
  profile: DumpProfile,
): object {
  const index = indexHeld(held);
  const listeners = groupBy(index.listeners, ({ value }) => value.bindKey ?? '');
  return {
    ...dumpAddresses(addresses),
    binds: index.binds.map(({ key, value }) =>
      dumpBind(value, { listeners: listeners.get(key) ?? [], index, profile }),
    ),
    routes: { httpMesh: {}, tcpMesh: {}, routeGroups: {} },
    policies: index.policies.map(({ value }) => dumpPolicy(value, profile)),
    backends: [...index.backends.values()].map(({ value }) => dumpBackend(value)),
    version: { version: facts.version, git_revision: '', build_profile: 'heartline' },
    config: facts.config,
  };
}

/** Two spaces, as the reference prints it. */
export function renderDump(dump: object): string {
  return `${JSON.stringify(dump, null, 2)}\n`;
}

interface BindContext {
  readonly listeners: readonly Named<Listener>[];
  readonly index: HeldIndex;
  readonly profile: DumpProfile;
}

function dumpBind(bind: Bind, { listeners, index, profile }: BindContext): object {
  return {
    key: bind.key ?? '',
    address: `[::]:${bind.port ?? 0}`,
    protocol: (bind.protocol ?? 'HTTP').toLowerCase(),
    tunnelProtocol: camelCase(bind.tunnelProtocol ?? 'DIRECT'),
    ...(profile.hasBindMode ? { mode: 'standard' } : {}),
    listeners: Object.fromEntries(
      listeners.map(({ key, value }) => [key, dumpListener(value, index)]),
    ),
  };
}

function dumpListener(listener: Listener, index: HeldIndex): object {
  const { name } = listener;
  const ofListener = ({ value }: Named<{ listenerKey?: string }>): boolean =>
    value.listenerKey === listener.key;
  const routes = index.routes.filter(ofListener).map(({ key, value }) => [
    key,
    {
      ...dumpRouteHead(key, value),
      matches: value.matches.map(dumpMatch),
      backends: value.backends.map(dumpRouteBackend),
      ...dumpInlinePolicies(value.trafficPolicies),
    },
  ]);
  const tcpRoutes = index.tcpRoutes
    .filter(ofListener)
    .map(({ key, value }) => [
      key,
      { ...dumpRouteHead(key, value), backends: value.backends.map(dumpRouteBackend) },
    ]);
  return {
    key: listener.key ?? '',
    gatewayName: name?.gatewayName ?? '',
    gatewayNamespace: name?.gatewayNamespace ?? '',
    listenerName: name?.listenerName ?? '',
    hostname: listener.hostname ?? '',
    protocol: dumpListenerProtocol(listener),
    ...(routes.length > 0 ? { routes: Object.fromEntries(routes) } : {}),
    ...(tcpRoutes.length > 0 ? { tcpRoutes: Object.fromEntries(tcpRoutes) } : {}),
  };
}

function dumpListenerProtocol({ protocol = 'UNKNOWN' }: Listener): unknown {
  return protocol === 'HTTPS' || protocol === 'TLS' ? { [protocol]: {} } : protocol;
}

interface RouteHead {
  readonly name?: { name?: string; namespace?: string; ruleName?: string };
  readonly hostnames: readonly string[];
}

function dumpRouteHead(key: string, { name, hostnames }: RouteHead): object {
  return {
    key,
    name: name?.name ?? '',
    namespace: name?.namespace ?? '',
    ...(name?.ruleName === undefined ? {} : { ruleName: name.ruleName }),
    ...(hostnames.length > 0 ? { hostnames: hostnames.toSorted(compareText) } : {}),
  };
}

function dumpMatch({ path, headers, method, queryParams }: RouteMatch): object {
  const value = path?.kind && { [path.kind]: path[path.kind] };
  return {
    path: value ?? { pathPrefix: '/' },
    ...(headers.length > 0 ? { headers: headers.map(dumpValueMatch) } : {}),
    ...(method === undefined ? {} : { method: method.exact ?? '' }),
    ...(queryParams.length > 0 ? { query: queryParams.map(dumpValueMatch) } : {}),
  };
}

function dumpValueMatch({ name = '', exact, regex }: ValueMatch): object {
  return { name, value: exact === undefined ? { regex } : { exact } };
}

function dumpRouteBackend(reference: RouteBackend): object {
  return { ...dumpDestination(reference), ...dumpInlinePolicies(reference.backendPolicies) };
}

function dumpDestination({ weight = 0, backend, routeGroupKey }: RouteBackend): object {
  if (routeGroupKey) return { weight, routeGroup: routeGroupKey };
  if (backend?.inline !== undefined) {
    const { hostname = '', port = 0 } = backend.inline;
    return { weight, host: `${hostname}:${port}` };
  }
  if (backend?.service !== undefined) {
    return { weight, service: { name: backend.service, port: backend.port ?? 0 } };
  }
  return { weight, backend: backend?.backend ?? '' };
}

function dumpBackend(backend: Backend): object {
  const { static: target, name, kind } = backend;
  if (target === undefined) return { backend: { [kind ?? 'unknown']: backend.key ?? '' } };
  const address = target.unixPath || `${target.host ?? ''}:${target.port ?? 0}`;
  return {
    backend: {
      host: { name: name?.name ?? '', namespace: name?.namespace ?? '', target: address },
    },
  };
}

/** HBONE_WAYPOINT → hboneWaypoint. */
function camelCase(constant: string): string {
  return constant.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
