// SPDX-License-Identifier: Apache-2.0
import type { Backend } from '../../shared/proto/gen/agentgateway/dev/resource/Backend.js';
import type { FrontendPolicySpec } from '../../shared/proto/gen/agentgateway/dev/resource/FrontendPolicySpec.js';
import type { Listener } from '../../shared/proto/gen/agentgateway/dev/resource/Listener.js';
import type { PolicyTarget } from '../../shared/proto/gen/agentgateway/dev/resource/PolicyTarget.js';
import type { Resource } from '../../shared/proto/gen/agentgateway/dev/resource/Resource.js';
import type { Route } from '../../shared/proto/gen/agentgateway/dev/resource/Route.js';
import type { TCPRoute } from '../../shared/proto/gen/agentgateway/dev/resource/TCPRoute.js';

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
