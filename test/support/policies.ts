// SPDX-License-Identifier: Apache-2.0
import { type ApiAnswer, callApi, type Installation } from './installation.js';

export const POLICIES_PATH =
  '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaypolicies';

/** Writes policies of Gateway httpbin/agentgateway-proxy through the HTTP API. */
export interface PolicyClient {
  /**
   * Creates or replaces a policy; `frontend` is its whole spec.frontend, `reason` goes into the log.
   * Throws unless the API takes it.
   */
  put(name: string, frontend: object, reason?: string): Promise<void>;
  /** The same, whatever the API answers. */
  tryPut(name: string, frontend: object, reason?: string): Promise<ApiAnswer>;
  delete(name: string): Promise<void>;
}

export function policyClient(installation: Installation): PolicyClient {
  const send = (method: string, path: string, body?: object): Promise<ApiAnswer> =>
    callApi(installation, method, path, body);
  const tryPut: PolicyClient['tryPut'] = async (name, frontend, reason) => {
    const object = policyObject(name, frontend);
    const query = reason === undefined ? '' : `?${new URLSearchParams({ reason })}`;
    const replaced = await send('PUT', `${POLICIES_PATH}/${name}${query}`, object);
    return replaced.status === 404 ? send('POST', `${POLICIES_PATH}${query}`, object) : replaced;
  };
  return {
    tryPut,
    async put(name, frontend, reason) {
      expectSuccess(`put ${name}`, await tryPut(name, frontend, reason));
    },
    async delete(name) {
      const answer = await send('DELETE', `${POLICIES_PATH}/${name}`);
      if (answer.status !== 404) expectSuccess(`delete ${name}`, answer);
    },
  };
}

function expectSuccess(what: string, { status, body }: ApiAnswer): void {
  if (status >= 400) throw new Error(`${what}: ${status} ${JSON.stringify(body)}`);
}

/** A policy of Gateway httpbin/agentgateway-proxy. */
export function policyObject(name: string, frontend: object): object {
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
