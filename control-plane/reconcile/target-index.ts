// SPDX-License-Identifier: Apache-2.0
import { formatNamespacedName, type NamespacedName } from '../../shared/names/gateway-name.js';
import type { GatewayInput } from '../compile/compile-gateway.js';
import { backendRefsOf, gatewaysOf } from '../compile/targets.js';
import type { KubeObject } from '../policy/kube-object.js';
import { policySpec } from '../policy/policy-spec.js';
import { createMultimap } from './multimap.js';
import type { ObjectRef } from './object-ref.js';

/** Which objects reach which gateways, kept up to date object by object: nobody scans everything. */
export interface TargetIndex {
  /**
   * Takes over the object as it is now (undefined = it is gone) and returns the gateways whose output may
   * have changed by that, as `namespace/name`.
   */
  update(ref: ObjectRef, object: KubeObject | undefined): ReadonlySet<string>;
  /** Everything that concerns one gateway. */
  inputOf(gateway: NamespacedName): GatewayInput;
  find(ref: ObjectRef): KubeObject | undefined;
  /** Gateways that the object reaches now, as `namespace/name`. */
  gatewaysReachedBy(ref: ObjectRef): readonly string[];
  /** Every gateway that an object is about, existing or not, as `namespace/name`. */
  gatewayIds(): readonly string[];
}

interface Indexed {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  readonly gateways: readonly string[];
  readonly backends: readonly string[];
}

export function createTargetIndex(): TargetIndex {
  const objects = new Map<string, Indexed>();
  const byGateway = createMultimap<Indexed>();
  const routesByBackend = createMultimap<Indexed>();
  const gatewaysByNamespace = createMultimap<KubeObject>();
  const selectingByNamespace = createMultimap<Indexed>();

  const unlink = (id: string, indexed: Indexed): void => {
    objects.delete(id);
    for (const gateway of indexed.gateways) byGateway.delete(gateway, id);
    for (const backend of indexed.backends) routesByBackend.delete(backend, id);
    selectingByNamespace.delete(indexed.ref.namespace, id);
  };
  const link = (id: string, ref: ObjectRef, object: KubeObject): Indexed => {
    const gateways = gatewaysOf(ref.kind, object, [...gatewaysByNamespace.values(ref.namespace)]);
    const indexed: Indexed = {
      ref,
      object,
      gateways: gateways.map(formatNamespacedName),
      backends: backendRefsOf(object).map(formatNamespacedName),
    };
    objects.set(id, indexed);
    for (const gateway of indexed.gateways) byGateway.set(gateway, id, indexed);
    for (const backend of indexed.backends) routesByBackend.set(backend, id, indexed);
    if (hasSelectors(object)) selectingByNamespace.set(ref.namespace, id, indexed);
    return indexed;
  };
  const relink = (ref: ObjectRef, object: KubeObject | undefined): readonly string[] => {
    const id = indexId(ref);
    const before = objects.get(id);
    if (before !== undefined) unlink(id, before);
    const after = object === undefined ? undefined : link(id, ref, object);
    return [...(before?.gateways ?? []), ...(after?.gateways ?? [])];
  };
  /** A Gateway that came, went or changed its labels is chosen anew by the selectors of its namespace. */
  const reselect = (ref: ObjectRef, object: KubeObject | undefined): readonly string[] => {
    if (object === undefined) gatewaysByNamespace.delete(ref.namespace, ref.name);
    else gatewaysByNamespace.set(ref.namespace, ref.name, object);
    const selecting = [...selectingByNamespace.values(ref.namespace)];
    return selecting.flatMap((indexed) => relink(indexed.ref, indexed.object));
  };

  return {
    update(ref, object) {
      const reselected = ref.kind.kind === 'Gateway' ? reselect(ref, object) : [];
      const routes =
        ref.kind.kind === 'AgentgatewayBackend'
          ? routesByBackend.values(formatNamespacedName(ref))
          : [];
      const throughRoutes = [...routes].flatMap((route) => route.gateways);
      return new Set([...relink(ref, object), ...reselected, ...throughRoutes]);
    },
    inputOf(gateway) {
      const concerned = [...byGateway.values(formatNamespacedName(gateway))];
      const ofKind = (kind: string): KubeObject[] =>
        concerned.filter(({ ref }) => ref.kind.kind === kind).map(({ object }) => object);
      const backendIds = new Set(concerned.flatMap(({ backends }) => backends));
      const own = ofKind('Gateway')[0];
      return {
        gatewayName: { namespace: gateway.namespace, name: gateway.name },
        ...(own === undefined ? {} : { gateway: own }),
        policies: ofKind('AgentgatewayPolicy'),
        httpRoutes: ofKind('HTTPRoute'),
        tcpRoutes: ofKind('TCPRoute'),
        backends: [...backendIds].flatMap(
          (id) => objects.get(`AgentgatewayBackend/${id}`)?.object ?? [],
        ),
      };
    },
    find: (ref) => objects.get(indexId(ref))?.object,
    gatewaysReachedBy: (ref) => objects.get(indexId(ref))?.gateways ?? [],
    gatewayIds: () => byGateway.keys(),
  };
}

function indexId(ref: ObjectRef): string {
  return `${ref.kind.kind}/${formatNamespacedName(ref)}`;
}

function hasSelectors(object: KubeObject): boolean {
  return (
    object.kind === 'AgentgatewayPolicy' && (policySpec(object).targetSelectors ?? []).length > 0
  );
}
