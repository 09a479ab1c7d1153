// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import type { KubeObject } from './kube-object.js';

/** spec of AgentgatewayBackend after admission: exactly one of the destinations. */
export interface BackendSpec {
  readonly static?: { readonly host: string; readonly port: number };
  readonly policies?: JsonValue;
}

/** The spec of an admitted backend; the CRD made sure of its shape. */
export function backendSpec(object: KubeObject): BackendSpec {
  return (object.spec ?? {}) as unknown as BackendSpec;
}
