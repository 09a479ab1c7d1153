// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from './stack.js';

const POLICIES = '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaypolicies';

/** Writes policies of Gateway httpbin/agentgateway-proxy through a stack's HTTP API. */
export interface PolicyClient {
  /** Creates or replaces a policy; `frontend` is its whole spec.frontend. */
  put(name: string, frontend: object): Promise<void>;
  delete(name: string): Promise<void>;
}

export function policyClient(stack: Stack): PolicyClient {
  const token = readFileSync(join(stack.dataDir, 'api.token'), 'utf8').trim();
  const origin = `http://127.0.0.1:${stack.port(9979)}`;
  const send = async (method: string, path: string, body?: object): Promise<number> => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status >= 400 && response.status !== 404 && response.status !== 409) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    return response.status;
  };
  return {
    async put(name, frontend) {
      const object = policy(name, frontend);
      if ((await send('PUT', `${POLICIES}/${name}`, object)) !== 404) return;
      await send('POST', POLICIES, object);
    },
    async delete(name) {
      await send('DELETE', `${POLICIES}/${name}`);
    },
  };
}

function policy(name: string, frontend: object): object {
  return {
    apiVersion: 'agentgateway.dev/v1alpha1',
    kind: 'AgentgatewayPolicy',
    metadata: { name, namespace: 'httpbin' },
    spec: {
      targetRefs: [
        { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'agentgateway-proxy' },
      ],
      frontend,
    },
  };
}
