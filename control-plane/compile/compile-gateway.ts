// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { type ResourceKind, resourceName, serviceName } from '../../shared/names/resource-keys.js';
import { compareText } from '../../shared/names/sort.js';
import type { BackendReference } from '../../shared/proto/gen/agentgateway/dev/resource/BackendReference.js';
import type { Resource } from '../../shared/proto/gen/agentgateway/dev/resource/Resource.js';
import { isOurGateway } from '../policy/gateway-spec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { compileBackend } from './compile-backends.js';
import { compilePolicies } from './compile-policies.js';
import { compileHttpRoute, compileTcpRoute, type RouteContext } from './compile-routes.js';
import { compileBinds, compileListener, isServed, planListeners } from './listeners.js';
import { collectReferents, type ReferentObjects } from './referents.js';

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
  const { gatewayName, policies } = input;
  const gateway = input.gateway && isOurGateway(input.gateway) ? input.gateway : undefined;
  const resources = compilePolicies(gatewayName, gateway, policies).map((policy) =>
    named('policy', policy.key, { policy }),
  );
  if (gateway !== undefined) resources.push(...compileTraffic(gateway, input));
  resources.sort((a, b) => compareText(a.name, b.name));
  return { resources, services: usedServices(resources) };
}

/** Binds, listeners, routes, and the backends that the routes use. */
function compileTraffic(gateway: KubeObject, input: GatewayInput): readonly GatewayResource[] {
  const listeners = planListeners(gateway);
  const context: RouteContext = {
    gateway: input.gatewayName,
    listeners,
    referents: collectReferents(input),
  };
  const served = listeners.filter(isServed);
  const routes = input.httpRoutes.flatMap((route) => compileHttpRoute(route, context));
  const tcpRoutes = input.tcpRoutes.flatMap((route) => compileTcpRoute(route, context));
  return [
    ...compileBinds(input.gatewayName, served).map((bind) => named('bind', bind.key, { bind })),
    ...served.map((one) => {
      const listener = compileListener(input.gatewayName, one);
      return named('listener', listener.key, { listener });
    }),
    ...routes.map((route) => named('route', route.key, { route })),
    ...tcpRoutes.map((tcpRoute) => named('tcp_route', tcpRoute.key, { tcpRoute })),
    ...compileUsedBackends([...routes, ...tcpRoutes], context.referents.backends),
  ];
}

interface RouteWithBackends {
  readonly backends?: readonly { readonly backend?: BackendReference | null }[];
}

function usedServices(resources: readonly GatewayResource[]): readonly string[] {
  const used = new Set<string>();
  for (const { message } of resources) {
    for (const { backend } of (message.route ?? message.tcpRoute)?.backends ?? []) {
      const service = backend?.service;
      if (service) used.add(serviceName(service));
    }
  }
  return [...used].sort(compareText);
}

function compileUsedBackends(
  routes: readonly RouteWithBackends[],
  backends: ReadonlyMap<string, KubeObject>,
): readonly GatewayResource[] {
  const used = new Set(
    routes.flatMap(({ backends: refs = [] }) => refs.map((r) => r.backend?.backend)),
  );
  return [...used].flatMap((key) => {
    const object = key === undefined ? undefined : backends.get(key);
    const backend = object && compileBackend(object);
    return backend ? [named('backend', backend.key, { backend })] : [];
  });
}

function named(kind: ResourceKind, key: string | undefined, message: Resource): GatewayResource {
  return { name: resourceName(kind, key ?? ''), message };
}
