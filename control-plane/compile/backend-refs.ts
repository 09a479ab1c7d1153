// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { backendKey, serviceHostname } from '../../shared/names/resource-keys.js';
import type { BackendReference } from '../../shared/proto/gen/agentgateway/dev/resource/BackendReference.js';
import type { KubeObject } from '../policy/kube-object.js';
import type { BackendRef } from '../policy/route-spec.js';
import { serviceSpec, tcpPorts } from '../policy/service-spec.js';
import { unservedReason } from './compile-backends.js';
import {
  describeMissingGrant,
  mayRefer,
  type Referent,
  type Referents,
  type Referrer,
} from './referents.js';

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

type ServedKind = 'AgentgatewayBackend' | 'Service';

/** The kind that a backendRef names, when it is one that routes can lead to. */
export function servedBackendKind({
  group,
  kind,
}: Pick<BackendRef, 'group' | 'kind'>): ServedKind | undefined {
  if (kind === 'AgentgatewayBackend' && group === 'agentgateway.dev') return kind;
  return kind === 'Service' && group === '' ? kind : undefined;
}

/** Permission comes before existence: a refused reference tells nothing about another namespace. */
export function resolveBackendRef(
  ref: BackendRef,
  route: Referrer,
  referents: Referents,
): ResolvedRef {
  const { group, name, namespace = route.namespace } = ref;
  const key = backendKey({ namespace, name });
  const kind = servedBackendKind(ref);
  if (kind === undefined) {
    const why = `${ref.kind} ${key}: routes lead to a Service, or to an AgentgatewayBackend (group agentgateway.dev)`;
    return unresolved(key, 'InvalidKind', why);
  }
  const referent: Referent = { group, kind, namespace, name };
  if (!mayRefer(referents.grants, route, referent)) {
    return unresolved(key, 'RefNotPermitted', describeMissingGrant(route, referent));
  }
  return kind === 'Service'
    ? resolveService(ref, { namespace, name }, referents.services.get(key))
    : resolveBackend(key, referents.backends.get(key));
}

function resolveBackend(key: string, backend: KubeObject | undefined): ResolvedRef {
  if (backend === undefined) {
    return unresolved(key, 'BackendNotFound', `AgentgatewayBackend ${key} not found`);
  }
  const unserved = unservedReason(backend);
  if (unserved !== undefined) {
    return unresolved(key, 'UnsupportedValue', `AgentgatewayBackend ${key}: ${unserved}`);
  }
  return { reference: { backend: key }, problem: undefined };
}

/**
 * A headless Service is one like any other: its endpoints are what a proxy connects to in either case.
 * An ExternalName is not: it would let whoever may write a Service lead traffic past every ReferenceGrant
 * (CVE-2021-25740), and the Gateway API advises against it.
 */
function resolveService(
  { port }: BackendRef,
  service: NamespacedName,
  object: KubeObject | undefined,
): ResolvedRef {
  const id = backendKey(service);
  const refuse = (reason: RefProblemReason, why: string): ResolvedRef =>
    unresolved(`service/${id}`, reason, `Service ${id}${why}`);
  if (object === undefined) return refuse('BackendNotFound', ' not found');
  if (serviceSpec(object).type === 'ExternalName') {
    return refuse(
      'UnsupportedValue',
      ': type ExternalName is not served; use an AgentgatewayBackend',
    );
  }
  const ports = tcpPorts(object).map((one) => one.port);
  if (port === undefined || !ports.includes(port)) {
    const known = ports.length === 0 ? 'it has no TCP port' : `it has ${ports.join(', ')}`;
    return refuse('BackendNotFound', ` has no TCP port ${port ?? '(none given)'}: ${known}`);
  }
  const { namespace } = service;
  const reference = { service: { namespace, hostname: serviceHostname(service) }, port };
  return { reference, problem: undefined };
}

/** Where the share of a backendRef goes whose filters cannot be had: nowhere. */
export function nowhere({ name, namespace }: BackendRef, own: string): BackendReference {
  return { backend: `unresolved/${backendKey({ namespace: namespace ?? own, name })}` };
}

/** Backend keys have two parts, so a key of three or more can never exist by accident. */
function unresolved(key: string, reason: RefProblemReason, message: string): ResolvedRef {
  return { reference: { backend: `unresolved/${key}` }, problem: { reason, message } };
}
