// SPDX-License-Identifier: Apache-2.0
import { findKind, type Kind } from '../../control-plane/policy/kinds.js';
import type { ObjectChange, ObjectWrite } from '../../control-plane/source/object-door.js';

export function kindOf(word: string): Kind {
  const kind = findKind(word);
  if (kind === undefined) throw new TypeError(`no kind ${word}`);
  return kind;
}

const GATEWAY_GROUP = 'gateway.networking.k8s.io';

/** A policy with the given keepalive on one Gateway of namespace httpbin. */
export function samplePolicy(name: string, keepalive: object, gateway = 'agentgateway-proxy') {
  return {
    apiVersion: 'agentgateway.dev/v1alpha1',
    kind: 'AgentgatewayPolicy',
    metadata: { name, namespace: 'httpbin' },
    spec: {
      targetRefs: [{ group: GATEWAY_GROUP, kind: 'Gateway', name: gateway }],
      frontend: { tcp: { keepalive } },
    },
  };
}

export function sampleGateway(name = 'agentgateway-proxy', ports: readonly number[] = [8080]) {
  return {
    apiVersion: `${GATEWAY_GROUP}/v1`,
    kind: 'Gateway',
    metadata: { name, namespace: 'httpbin' },
    spec: {
      gatewayClassName: 'agentgateway',
      listeners: ports.map((port) => ({ name: `http-${port}`, port, protocol: 'HTTP' })),
    },
  };
}

export function sampleRoute(name: string, gateway = 'agentgateway-proxy', backend = 'httpbin') {
  return {
    apiVersion: `${GATEWAY_GROUP}/v1`,
    kind: 'HTTPRoute',
    metadata: { name, namespace: 'httpbin' },
    spec: {
      parentRefs: [{ name: gateway }],
      rules: [
        {
          backendRefs: [{ group: 'agentgateway.dev', kind: 'AgentgatewayBackend', name: backend }],
        },
      ],
    },
  };
}

export function sampleBackend(name = 'httpbin', port = 18_000) {
  return {
    apiVersion: 'agentgateway.dev/v1alpha1',
    kind: 'AgentgatewayBackend',
    metadata: { name, namespace: 'httpbin' },
    spec: { static: { host: '127.0.0.1', port } },
  };
}

interface SampleObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

export function toChange(verb: 'create' | 'replace', object: SampleObject): ObjectWrite {
  const { name, namespace } = object.metadata;
  return { verb, kind: kindOf(object.kind), namespace, name, object };
}

export function toDelete(object: SampleObject): ObjectChange {
  const { name, namespace } = object.metadata;
  return { verb: 'delete', kind: kindOf(object.kind), namespace, name };
}
