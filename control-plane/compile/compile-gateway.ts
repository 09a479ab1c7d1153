// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { serviceName } from '../../shared/names/resource-keys.js';
import { compareText } from '../../shared/names/sort.js';
import type { BackendReference } from '../../shared/proto/gen/agentgateway/dev/resource/BackendReference.js';
import type { Policy } from '../../shared/proto/gen/agentgateway/dev/resource/Policy.js';
import type { KubeObject } from '../policy/kube-object.js';
import { compileBackend } from './compile-backends.js';
import { compilePolicies } from './compile-policies.js';
import { compileHttpRoute, compileTcpRoute, type RouteContext } from './compile-routes.js';
import { isOurGateway } from './gateway-class.js';
import { type GatewayResource, gatewayResource } from './gateway-resource.js';
import { compileBinds, compileListener, isServed, planListeners } from './listeners.js';
import { collectReferents, type ReferentObjects, type Referents } from './referents.js';
import { NO_MEMO, type RouteMemo } from './route-memo.js';
import { orderByAge, routedObject } from './route-order.js';
import { createTargetLookup } from './target-lookup.js';

/**
 * Everything that may concern one gateway, found through the target index. More than that does no harm:
 * what does not name the gateway is passed over.
 */
export interface GatewayInput extends ReferentObjects {
  readonly gatewayName: NamespacedName;
  /** Undefined when no such Gateway exists: its policies are compiled all the same, for the day it comes. */
  readonly gateway?: KubeObject;
  /** The GatewayClass it names; undefined when there is none of that name. */
  readonly gatewayClass?: KubeObject;
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

/**
 * Objects to wire resources: the same input gives the same output, in every process. With a memo, routes
 * that were compiled from the same objects before are the very resources of that time.
 */
export function compileGateway(input: GatewayInput, memo: RouteMemo = NO_MEMO): GatewayOutput {
  const { gatewayName, policies, httpRoutes, tcpRoutes } = input;
  const gateway = ourGateway(input);
  const own = gateway === undefined ? [] : [gateway];
  const referents = collectReferents(input);
  const { backends, services = [] } = input;
  const lookup = createTargetLookup([own, httpRoutes, tcpRoutes, backends, services].flat());
  const compiled = compilePolicies({ gatewayName, policies, referents, lookup });
  const traffic = gateway === undefined ? [] : compileTraffic(gateway, input, referents, memo);
  const used = usesOf(traffic, compiled);
  const resources = [
    ...compiled.map((policy) => gatewayResource('policy', policy.key, { policy })),
    ...traffic,
    ...compileUsedBackends(used.backends, referents.backends),
  ];
  resources.sort((a, b) => compareText(a.name, b.name));
  return { resources, services: [...used.services].sort(compareText) };
}

/** The Gateway, when there is one and it is ours to serve. */
export function ourGateway({ gateway, gatewayClass }: GatewayInput): KubeObject | undefined {
  return gateway && isOurGateway(gateway, gatewayClass) ? gateway : undefined;
}

/** Binds, listeners and routes. */
function compileTraffic(
  gateway: KubeObject,
  input: GatewayInput,
  referents: Referents,
  memo: RouteMemo,
): readonly GatewayResource[] {
  const listeners = planListeners(gateway, referents);
  const context: RouteContext = { gateway: input.gatewayName, listeners, referents };
  const served = listeners.filter(isServed);
  const remembered = memo.open(gateway, referents);
  const resources = [
    ...compileBinds(input.gatewayName, served).map((bind) =>
      gatewayResource('bind', bind.key, { bind }),
    ),
    ...served.map((one) => {
      const listener = compileListener(input.gatewayName, one);
      return gatewayResource('listener', listener.key, { listener });
    }),
  ];
  const routed = input.httpRoutes.map((object) =>
    remembered(object, () => {
      const routes = compileHttpRoute(object, context);
      const named = routes.map((route) => gatewayResource('route', route.key, { route }));
      return routedObject(object, named);
    }),
  );
  for (const resource of orderByAge(routed)) resources.push(resource);
  for (const object of input.tcpRoutes) {
    const tcp = remembered(object, () => {
      const routes = compileTcpRoute(object, context);
      const named = routes.map((tcpRoute) =>
        gatewayResource('tcp_route', tcpRoute.key, { tcpRoute }),
      );
      return routedObject(object, named);
    });
    resources.push(...tcp.resources);
  }
  return resources;
}

/** What routes and policies lead to: keys of backends, and `namespace/hostname` of services. */
interface Uses {
  readonly backends: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
}

function usesOf(traffic: readonly GatewayResource[], policies: readonly Policy[]): Uses {
  const backends = new Set<string>();
  const services = new Set<string>();
  const note = (reference: BackendReference | null | undefined): void => {
    if (reference?.backend) backends.add(reference.backend);
    if (reference?.service) services.add(serviceName(reference.service));
  };
  for (const { message } of traffic) {
    for (const { backend } of (message.route ?? message.tcpRoute)?.backends ?? []) note(backend);
  }
  for (const policy of policies) collectorsOf(policy).forEach(note);
  return { backends, services };
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
  used: ReadonlySet<string>,
  backends: ReadonlyMap<string, KubeObject>,
): readonly GatewayResource[] {
  return [...used].flatMap((key) => {
    const object = backends.get(key);
    const backend = object && compileBackend(object);
    return backend ? [gatewayResource('backend', backend.key, { backend })] : [];
  });
}
