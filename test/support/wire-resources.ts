// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { Backend } from '../../shared/proto/gen/agentgateway/dev/resource/Backend.js';
import type { FrontendPolicySpec } from '../../shared/proto/gen/agentgateway/dev/resource/FrontendPolicySpec.js';
import type { Listener } from '../../shared/proto/gen/agentgateway/dev/resource/Listener.js';
import type { PolicyTarget } from '../../shared/proto/gen/agentgateway/dev/resource/PolicyTarget.js';
import type { Resource } from '../../shared/proto/gen/agentgateway/dev/resource/Resource.js';
import type { Route } from '../../shared/proto/gen/agentgateway/dev/resource/Route.js';
import type { TCPRoute } from '../../shared/proto/gen/agentgateway/dev/resource/TCPRoute.js';
import type {
  Resource as DiscoveryResource,
  Resource__Output as ReceivedResource,
} from '../../shared/proto/gen/envoy/service/discovery/v3/Resource.js';
import type { Wire } from '../../shared/proto/wire.js';

/** The Gateway of these resources. */
export const GATEWAY = { namespace: 'httpbin', name: 'agentgateway-proxy' } as const;

const SCOPE = `${GATEWAY.namespace}/${GATEWAY.name}`;

export interface NamedResource {
  readonly name: string;
  readonly resource: Resource;
}

export function bindOf(port: number, more: Resource['bind'] = {}): NamedResource {
  const key = `${port}/${SCOPE}`;
  return { name: `bind/${key}`, resource: { bind: { key, port, ...more } } };
}

export function listenerOf(name: string, port: number, more: Listener = {}): NamedResource {
  const key = `${SCOPE}.${name}`;
  const listener: Listener = {
    key,
    bindKey: `${port}/${SCOPE}`,
    name: {
      gatewayName: GATEWAY.name,
      gatewayNamespace: GATEWAY.namespace,
      listenerName: name,
    },
    protocol: 'HTTP',
    ...more,
  };
  return { name: `listener/${key}`, resource: { listener } };
}

/** Every path of listener `http`, to backend `httpbin/httpbin`. */
export function routeOf(key: string, more: Route = {}): NamedResource {
  const route: Route = {
    key,
    listenerKey: `${SCOPE}.http`,
    name: { kind: 'HTTPRoute', namespace: 'httpbin', name: 'httpbin' },
    matches: [{ path: { pathPrefix: '/' } }],
    backends: [{ backend: { backend: 'httpbin/httpbin' }, weight: 1 }],
    ...more,
  };
  return { name: `route/${key}`, resource: { route } };
}

export function tcpRouteOf(key: string, more: TCPRoute = {}): NamedResource {
  const tcpRoute: TCPRoute = {
    key,
    listenerKey: `${SCOPE}.tcp`,
    name: { kind: 'TCPRoute', namespace: 'httpbin', name: 'tcp' },
    backends: [{ backend: { backend: 'httpbin/httpbin' }, weight: 1 }],
    ...more,
  };
  return { name: `tcp_route/${key}`, resource: { tcpRoute } };
}

export function backendOf(port: number, more: Backend = {}): NamedResource {
  const key = 'httpbin/httpbin';
  const backend: Backend = {
    key,
    name: { namespace: 'httpbin', name: 'httpbin' },
    static: { host: '127.0.0.1', port },
    ...more,
  };
  return { name: `backend/${key}`, resource: { backend } };
}

export const GATEWAY_TARGET: PolicyTarget = { gateway: { ...GATEWAY } };

/** A frontend policy whose key ends in `suffix`; on the whole Gateway unless `target` says otherwise. */
export function policyOf(
  suffix: string,
  frontend: FrontendPolicySpec,
  target: PolicyTarget = GATEWAY_TARGET,
): NamedResource {
  const key = `frontend/httpbin/httpbin-keepalive:${suffix}`;
  const policy = {
    key,
    name: { kind: 'AgentgatewayPolicy', namespace: 'httpbin', name: 'httpbin-keepalive' },
    target,
    frontend,
  };
  return { name: `policy/${key}`, resource: { policy } };
}

/** The Keepalive guide's TCP policy as the control plane sends it. */
export function guideTcpPolicy(seconds = 30): NamedResource {
  const keepalives = { retries: 3, time: { seconds }, interval: { seconds: 5 } };
  return policyOf(`frontend-tcp:${SCOPE}`, { tcp: { keepalives } });
}

/** The Keepalive guide's HTTP policy. */
export function guideHttpPolicy(): NamedResource {
  const http = { http2KeepaliveInterval: { seconds: 5 }, http2KeepaliveTimeout: { seconds: 30 } };
  return policyOf(`frontend-http:${SCOPE}`, { http });
}

/** A discovery resource that carries it, versioned by a hash of the content unless told otherwise. */
export function discoveryResource(
  codec: Wire['resource'],
  { name, resource }: NamedResource,
  version?: string,
): DiscoveryResource {
  const value = codec.encode(resource);
  const hash = createHash('sha256').update(value).digest('hex').slice(0, 16);
  return { name, version: version ?? hash, resource: { type_url: codec.typeUrl, value } };
}

/** The same as a worker reads it. */
export function receivedResource(
  codec: Wire['resource'],
  named: NamedResource,
  version?: string,
): ReceivedResource {
  const { name = '', version: hash = '' } = discoveryResource(codec, named, version);
  const content = { type_url: codec.typeUrl, value: codec.encode(named.resource) };
  return { name, version: hash, resource: content, aliases: [] };
}
