// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { type ResourceKind, resourceName, serviceName } from '../../shared/names/resource-keys.js';
import { compareText } from '../../shared/names/sort.js';
import type { BackendReference } from '../../shared/proto/gen/agentgateway/dev/resource/BackendReference.js';
import type { Policy } from '../../shared/proto/gen/agentgateway/dev/resource/Policy.js';
import type { Resource } from '../../shared/proto/gen/agentgateway/dev/resource/Resource.js';
import { isOurGateway } from '../policy/gateway-spec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { compileBackend } from './compile-backends.js';
import { compilePolicies } from './compile-policies.js';
import { compileHttpRoute, compileTcpRoute, type RouteContext } from './compile-routes.js';
import { compileBinds, compileListener, isServed, planListeners } from './listeners.js';
import { collectReferents, type ReferentObjects } from './referents.js';
import { createTargetLookup } from './target-lookup.js';

/**
 * Everything that may concern one gateway, found through the target index. More than that does no harm:
 * what does not name the gateway is passed over.
 */
export interface GatewayInput extends ReferentObjects {
  readonly gatewayName: NamespacedName;
  /** Undefined when no such Gateway exists: its policies are compiled all the same, for the day it comes. */
  readonly gateway?: KubeObject;
  readonly policies: readonly KubeObject[];
  readonly httpRoutes: readonly KubeObject[];
  readonly tcpRoutes: readonly KubeObject[];
}

export interface GatewayOutput {
  /** Sorted by name (code units). */
  readonly resources: readonly GatewayResource[];
  /**
   * Services that the routes lead to, as `namespace/hostname`, sorted, each once: those whose endpoints the
   * gateway's workers need.
   */
  readonly services: readonly string[];
}

export interface GatewayResource {
  /** Resource.name on the wire, `<kind>/<key>`. */
  readonly name: string;
  readonly message: Resource;
}

/** Objects to wire resources: the same input gives the same output, in every process. */
export function compileGateway(input: GatewayInput): GatewayOutput {
  const { gatewayName, policies, httpRoutes, tcpRoutes } = input;
  const gateway = input.gateway && isOurGateway(input.gateway) ? input.gateway : undefined;
  const own = gateway === undefined ? [] : [gateway];
  const referents = collectReferents(input);
  const lookup = createTargetLookup([
    ...[...own, ...httpRoutes, ...tcpRoutes],
    ...[...input.backends, ...(input.services ?? [])],
  ]);
  const compiled = compilePolicies({ gatewayName, policies, referents, lookup });
  const traffic = gateway === undefined ? NO_TRAFFIC : compileTraffic(gateway, input, referents);
  const references = [...traffic.references, ...compiled.flatMap(collectorsOf)];
  const resources = [
    ...compiled.map((policy) => named('policy', policy.key, { policy })),
    ...traffic.resources,
    ...compileUsedBackends(references, referents.backends),
  ];
  resources.sort((a, b) => compareText(a.name, b.name));
  return { resources, services: usedServices(references) };
}

interface Traffic {
  readonly resources: readonly GatewayResource[];
  /** What the routes lead to. */
  readonly references: readonly BackendReference[];
}

const NO_TRAFFIC: Traffic = { resources: [], references: [] };

/** Binds, listeners and routes. */
function compileTraffic(
  gateway: KubeObject,
  input: GatewayInput,
  referents: RouteContext['referents'],
): Traffic {
  const listeners = planListeners(gateway);
  const context: RouteContext = { gateway: input.gatewayName, listeners, referents };
  const served = listeners.filter(isServed);
  const routes = input.httpRoutes.flatMap((route) => compileHttpRoute(route, context));
  const tcpRoutes = input.tcpRoutes.flatMap((route) => compileTcpRoute(route, context));
  const resources = [
    ...compileBinds(input.gatewayName, served).map((bind) => named('bind', bind.key, { bind })),
    ...served.map((one) => {
      const listener = compileListener(input.gatewayName, one);
      return named('listener', listener.key, { listener });
    }),
    ...routes.map((route) => named('route', route.key, { route })),
    ...tcpRoutes.map((tcpRoute) => named('tcp_route', tcpRoute.key, { tcpRoute })),
  ];
  const refs = [...routes, ...tcpRoutes].flatMap((route) => route.backends ?? []);
  return { resources, references: refs.flatMap((ref) => ref.backend ?? []) };
}

function usedServices(references: readonly BackendReference[]): readonly string[] {
  const used = new Set(references.flatMap(({ service }) => (service ? serviceName(service) : [])));
  return [...used].sort(compareText);
}

/** Where a policy sends its records. */
function collectorsOf({ frontend }: Policy): readonly BackendReference[] {
  const collectors = [
    frontend?.tracing?.providerBackend,
    frontend?.logging?.otlpAccessLog?.providerBackend,
  ];
  return collectors.flatMap((collector) => collector ?? []);
}

function compileUsedBackends(
  references: readonly BackendReference[],
  backends: ReadonlyMap<string, KubeObject>,
): readonly GatewayResource[] {
  const used = new Set(references.flatMap(({ backend }) => backend ?? []));
  return [...used].flatMap((key) => {
    const object = backends.get(key);
    const backend = object && compileBackend(object);
    return backend ? [named('backend', backend.key, { backend })] : [];
  });
}

function named(kind: ResourceKind, key: string | undefined, message: Resource): GatewayResource {
  return { name: resourceName(kind, key ?? ''), message };
}
