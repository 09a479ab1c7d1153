// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { Kind } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { routeSpec } from '../policy/route-spec.js';
import { parentGateway } from './attach-route.js';
import { isBackendKind } from './backend-refs.js';
import { targetsOf } from './policy-targets.js';

/**
 * The gateways whose output an object may change, each once, existing or not; what the target index is
 * built from. `gateways` are the Gateways that selectors choose from (at least those of the object's
 * namespace); without them a policy with targetSelectors names none, so such a policy has to be asked
 * about again whenever a Gateway of its namespace comes or changes its labels. A backend names no
 * gateway: it is found through the routes that use it (`backendRefsOf`).
 */
export function gatewaysOf(
  kind: Kind,
  object: KubeObject,
  gateways: readonly KubeObject[] = [],
): readonly NamespacedName[] {
  switch (kind.kind) {
    case 'Gateway':
      return [objectName(object)];
    case 'AgentgatewayPolicy':
      return unique(targetsOf(object, gateways).map(({ gateway }) => gateway));
    case 'HTTPRoute':
    case 'TCPRoute': {
      const refs = routeSpec(object).parentRefs ?? [];
      return unique(refs.flatMap((ref) => parentGateway(object, ref) ?? []));
    }
    default:
      return [];
  }
}

/** The AgentgatewayBackends a route sends to, each once; none for every other kind. */
export function backendRefsOf(object: KubeObject): readonly NamespacedName[] {
  if (object.kind !== 'HTTPRoute' && object.kind !== 'TCPRoute') return [];
  const own = objectName(object).namespace;
  const refs = (routeSpec(object).rules ?? []).flatMap((rule) => rule.backendRefs ?? []);
  return unique(
    refs.filter(isBackendKind).map(({ namespace = own, name }) => ({ namespace, name })),
  );
}

function unique(names: readonly NamespacedName[]): readonly NamespacedName[] {
  return [...new Map(names.map((one) => [`${one.namespace}/${one.name}`, one])).values()];
}
