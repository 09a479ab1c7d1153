// SPDX-License-Identifier: Apache-2.0
import { backendKey } from '../../shared/names/resource-keys.js';
import type { BackendReference } from '../../shared/proto/gen/agentgateway/dev/resource/BackendReference.js';
import type { KubeObject } from '../policy/kube-object.js';
import type { BackendRef } from '../policy/route-spec.js';
import { unservedReason } from './compile-backends.js';

/** Reasons of a route's ResolvedRefs condition (Gateway API). */
export type RefProblemReason =
  | 'BackendNotFound'
  | 'InvalidKind'
  | 'RefNotPermitted'
  | 'UnsupportedValue';

export interface RefProblem {
  readonly reason: RefProblemReason;
  readonly message: string;
}

/**
 * A backendRef on the wire. One with a problem is sent too, as a reference that leads nowhere: its share
 * of the requests gets 500, as the Gateway API asks, instead of moving to the other backends.
 */
export interface ResolvedRef {
  readonly reference: BackendReference;
  readonly problem: RefProblem | undefined;
}

export function isBackendKind(ref: BackendRef): boolean {
  return ref.kind === 'AgentgatewayBackend' && ref.group === 'agentgateway.dev';
}

/** `backends` is keyed `namespace/name`. */
export function resolveBackendRef(
  ref: BackendRef,
  routeNamespace: string,
  backends: ReadonlyMap<string, KubeObject>,
): ResolvedRef {
  const namespace = ref.namespace ?? routeNamespace;
  const key = backendKey({ namespace, name: ref.name });
  if (namespace !== routeNamespace) {
    const why = `${ref.kind} ${key} is in another namespace, and ReferenceGrants are not read yet`;
    return unresolved(key, 'RefNotPermitted', why);
  }
  if (!isBackendKind(ref)) {
    const why = `${ref.kind} ${key}: only AgentgatewayBackend (group agentgateway.dev) is served yet`;
    return unresolved(key, 'InvalidKind', why);
  }
  const backend = backends.get(key);
  if (backend === undefined) {
    return unresolved(key, 'BackendNotFound', `AgentgatewayBackend ${key} not found`);
  }
  const unserved = unservedReason(backend);
  if (unserved !== undefined) {
    return unresolved(key, 'UnsupportedValue', `AgentgatewayBackend ${key}: ${unserved}`);
  }
  return { reference: { backend: key }, problem: undefined };
}

/** Backend keys have two parts, so a key of three can never exist by accident. */
function unresolved(key: string, reason: RefProblemReason, message: string): ResolvedRef {
  return { reference: { backend: `unresolved/${key}` }, problem: { reason, message } };
}
