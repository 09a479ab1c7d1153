// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from './gateway-name.js';

/** Keys of wire resources, exactly as agentgateway writes them: dumps and jq filters depend on it. */

export function bindKey(gateway: NamespacedName, port: number): string {
  return `${port}/${gateway.namespace}/${gateway.name}`;
}

export function listenerKey(gateway: NamespacedName, listener: string): string {
  return `${gateway.namespace}/${gateway.name}.${listener}`;
}

/** One wire route per rule: `ns/route.00.listener`. */
export function routeKey(route: NamespacedName, rule: number, listener: string): string {
  return `${route.namespace}/${route.name}.${String(rule).padStart(2, '0')}.${listener}`;
}

/** TCP routes sort by age: ten digits of the creation time in Unix seconds come first. */
export function tcpRouteKey(
  route: NamespacedName,
  rule: number,
  listener: string,
  createdUnixSeconds: number | undefined,
): string {
  const key = routeKey(route, rule, listener);
  if (createdUnixSeconds === undefined) return key;
  return `${String(createdUnixSeconds).padStart(10, '0')}/${key}`;
}

export function backendKey(backend: NamespacedName): string {
  return `${backend.namespace}/${backend.name}`;
}

/** The name under which a Service is on the wire, and in the cluster's DNS. */
export function serviceHostname({ namespace, name }: NamespacedName): string {
  return `${name}.${namespace}.svc.cluster.local`;
}

/** Primary key of a Service on the wire, and its Resource.name: `namespace/hostname`. */
export function serviceName(service: {
  readonly namespace?: string | undefined;
  readonly hostname?: string | undefined;
}): string {
  return `${service.namespace ?? ''}/${service.hostname ?? ''}`;
}

/** Suffixes of frontend policy keys, one per kind that the wire knows. */
export const FRONTEND_SUFFIX = {
  tcp: 'frontend-tcp',
  http: 'frontend-http',
  tls: 'frontend-tls',
  networkAuthorization: 'frontend-network-authz',
  proxyProtocol: 'frontend-proxy',
  connect: 'frontend-connect',
  accessLog: 'frontend-logging',
  tracing: 'frontend-tracing',
  metrics: 'frontend-metrics',
} as const;

export type FrontendKind = keyof typeof FRONTEND_SUFFIX;

/** What a policy key names as its target. */
export interface KeyTarget extends NamespacedName {
  /** A listener, a route rule, or a section of a backend. */
  readonly section?: string;
  /** A port of a Gateway. */
  readonly port?: number;
}

/** `frontend/<ns>/<policy>:<suffix>:<gwNs>/<gw>[/<listener>][/port=N]`. */
export function frontendPolicyKey(
  policy: NamespacedName,
  kind: FrontendKind,
  target: KeyTarget,
): string {
  return `frontend/${policy.namespace}/${policy.name}:${FRONTEND_SUFFIX[kind]}:${attachment(target)}`;
}

/** `backend/<ns>/<policy>:backend-tcp:<ns>/<target>[/<section>]`; agentgateway itself sends no such policy yet. */
export function backendTcpPolicyKey(policy: NamespacedName, target: KeyTarget): string {
  return `backend/${policy.namespace}/${policy.name}:backend-tcp:${attachment(target)}`;
}

function attachment({ namespace, name, section, port }: KeyTarget): string {
  const inside = section === undefined ? '' : `/${section}`;
  return `${namespace}/${name}${inside}${port === undefined ? '' : `/port=${port}`}`;
}

export type ResourceKind = 'bind' | 'listener' | 'route' | 'tcp_route' | 'backend' | 'policy';

/** Resource.name on the wire: `<kind>/<key>`. */
export function resourceName(kind: ResourceKind, key: string): string {
  return `${kind}/${key}`;
}
