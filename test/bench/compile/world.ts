// SPDX-License-Identifier: Apache-2.0
import { findKind } from '../../../control-plane/policy/kinds.js';
import type { KubeObject } from '../../../control-plane/policy/kube-object.js';
import type { ObjectRef } from '../../../control-plane/reconcile/object-ref.js';

/** An object as the door would have stored it, and the name it goes by. */
export interface NamedObject {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
}

const GATEWAY_GROUP = 'gateway.networking.k8s.io';
const CREATED = '2026-01-01T00:00:00Z';

function named(kind: string, namespace: string, name: string, spec: object): NamedObject {
  const found = findKind(kind);
  if (found === undefined) throw new TypeError(`no kind ${kind}`);
  const metadata = { name, namespace, creationTimestamp: CREATED, generation: 1 };
  const apiVersion = `${found.group}/${found.version}`;
  return {
    ref: { kind: found, namespace, name },
    object: { apiVersion, kind, metadata, spec } as unknown as KubeObject,
  };
}

/** A Gateway with three HTTP listeners. */
export function gateway(namespace: string, name: string): NamedObject {
  const listeners = [8080, 8081, 8082].map((port) => ({
    name: `http-${port}`,
    port,
    protocol: 'HTTP',
    allowedRoutes: { namespaces: { from: 'Same' } },
  }));
  return named('Gateway', namespace, name, { gatewayClassName: 'agentgateway', listeners });
}

/** A policy with a TCP and an HTTP part on one Gateway; `seconds` is what a change changes. */
export function policy(namespace: string, gatewayName: string, seconds: number): NamedObject {
  return named('AgentgatewayPolicy', namespace, `${gatewayName}-keepalive`, {
    targetRefs: [{ group: GATEWAY_GROUP, kind: 'Gateway', name: gatewayName }],
    frontend: {
      tcp: { keepalive: { time: `${seconds}s`, interval: '5s', retries: 3 } },
      http: { http2KeepaliveInterval: '5s', http2KeepaliveTimeout: '30s' },
    },
  });
}

export function backend(namespace: string): NamedObject {
  return named('AgentgatewayBackend', namespace, 'sample', {
    static: { host: '127.0.0.1', port: 18_000 },
  });
}

/** A route of one rule on one of the Gateway's listeners: one resource on the wire. */
export function route(namespace: string, gatewayName: string, number: number): NamedObject {
  const name = `route-${String(number).padStart(5, '0')}`;
  const parent = { group: GATEWAY_GROUP, kind: 'Gateway', name: gatewayName };
  return named('HTTPRoute', namespace, name, {
    parentRefs: [{ ...parent, sectionName: 'http-8080' }],
    hostnames: [`${name}.example.com`],
    rules: [
      {
        matches: [{ path: { type: 'PathPrefix', value: `/${number}` } }],
        backendRefs: [
          { group: 'agentgateway.dev', kind: 'AgentgatewayBackend', name: 'sample', weight: 1 },
        ],
      },
    ],
  });
}
