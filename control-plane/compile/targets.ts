// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { gatewaySpec } from '../policy/gateway-spec.js';
import type { Kind } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { policySpec } from '../policy/policy-spec.js';
import { type BackendRef, routeSpec } from '../policy/route-spec.js';
import { parentGateway } from './attach-route.js';
import { servedBackendKind } from './backend-refs.js';
import { certificateReferents } from './listener-tls.js';
import { targetsOf } from './policy-targets.js';
import type { Referent } from './referents.js';
import type { TargetLookup } from './target-lookup.js';

/**
 * The gateways whose output an object may change, each once, existing or not; what the target index is
 * built from. A policy is found through `lookup`: it has to be asked about again whenever a Gateway or another
 * target that it may select, or a route to one of its targets, comes, goes or changes. A backend names no
 * gateway: it is found through the objects that use it (`referentsOf`).
 */
export function gatewaysOf(
  kind: Kind,
  object: KubeObject,
  lookup: TargetLookup,
): readonly NamespacedName[] {
  switch (kind.kind) {
    case 'Gateway':
      return [objectName(object)];
    case 'AgentgatewayPolicy':
      return unique(targetsOf(object, lookup).map(({ gateway }) => gateway));
    case 'HTTPRoute':
    case 'TCPRoute': {
      const refs = routeSpec(object).parentRefs ?? [];
      return unique(refs.flatMap((ref) => parentGateway(object, ref) ?? []));
    }
    default:
      return [];
  }
}

/**
 * What an object refers to and is compiled with: the backends and Services of a route, the collectors of a
 * policy, the class and the certificates of a Gateway. Each once, whether it exists, and whether the reference is allowed, or not.
 */
export function referentsOf(object: KubeObject): readonly Referent[] {
  const own = objectName(object).namespace;
  switch (object.kind) {
    case 'HTTPRoute':
    case 'TCPRoute': {
      const refs = (routeSpec(object).rules ?? []).flatMap((rule) => rule.backendRefs ?? []);
      return servedReferents(refs, own);
    }
    case 'AgentgatewayPolicy':
      return servedReferents(collectorRefs(object), own);
    case 'Gateway':
      return unique([classReferent(object), ...certificateReferents(object)]);
    default:
      return [];
  }
}

function classReferent(gateway: KubeObject): Referent {
  const { gatewayClassName: name } = gatewaySpec(gateway);
  return { group: 'gateway.networking.k8s.io', kind: 'GatewayClass', namespace: '', name };
}

type ObjectRef = Pick<BackendRef, 'group' | 'kind' | 'name' | 'namespace'>;

function servedReferents(refs: readonly ObjectRef[], own: string): readonly Referent[] {
  return unique(
    refs
      .filter((ref) => servedBackendKind(ref) !== undefined)
      .map(({ group, kind, namespace = own, name }) => ({ group, kind, namespace, name })),
  );
}

function collectorRefs(policy: KubeObject): readonly ObjectRef[] {
  const { accessLog, tracing } = policySpec(policy).frontend ?? {};
  return [accessLog?.otlp?.backendRef, tracing?.backendRef].filter((ref) => ref !== undefined);
}

function unique<Named extends NamespacedName & { readonly kind?: string }>(
  names: readonly Named[],
): readonly Named[] {
  return [
    ...new Map(names.map((one) => [`${one.kind}/${one.namespace}/${one.name}`, one])).values(),
  ];
}
