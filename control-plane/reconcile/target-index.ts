// SPDX-License-Identifier: Apache-2.0
import { formatNamespacedName, type NamespacedName } from '../../shared/names/gateway-name.js';
import type { GatewayInput } from '../compile/compile-gateway.js';
import type { Referent } from '../compile/referents.js';
import { gatewaysOf, referentsOf } from '../compile/targets.js';
import { grantSpec } from '../policy/grant-spec.js';
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
  readonly referents: readonly Referent[];
}

/** Kinds that reach gateways only through what refers to them. */
const REFERENT_KINDS = new Set(['AgentgatewayBackend', 'Secret', 'Service']);

export function createTargetIndex(): TargetIndex {
  const objects = new Map<string, Indexed>();
  const byGateway = createMultimap<Indexed>();
  const usersByReferent = createMultimap<Indexed>();
  /** Users of objects of another namespace, by that namespace. */
  const foreignUsers = createMultimap<Indexed>();
  const grantsByNamespace = createMultimap<KubeObject>();
  const gatewaysByNamespace = createMultimap<KubeObject>();
  const selectingByNamespace = createMultimap<Indexed>();

  const unlink = (id: string, indexed: Indexed): void => {
    objects.delete(id);
    for (const gateway of indexed.gateways) byGateway.delete(gateway, id);
    for (const referent of indexed.referents) {
      usersByReferent.delete(referentId(referent), id);
      foreignUsers.delete(referent.namespace, id);
    }
    selectingByNamespace.delete(indexed.ref.namespace, id);
  };
  const link = (id: string, ref: ObjectRef, object: KubeObject): Indexed => {
    const gateways = gatewaysOf(ref.kind, object, [...gatewaysByNamespace.values(ref.namespace)]);
    const indexed: Indexed = {
      ref,
      object,
      gateways: gateways.map(formatNamespacedName),
      referents: referentsOf(object),
    };
    objects.set(id, indexed);
    for (const gateway of indexed.gateways) byGateway.set(gateway, id, indexed);
    for (const referent of indexed.referents) {
      usersByReferent.set(referentId(referent), id, indexed);
      if (referent.namespace !== ref.namespace) foreignUsers.set(referent.namespace, id, indexed);
    }
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

  /** Whose output may change with the object although it names no gateway itself. */
  const usersOf = (ref: ObjectRef, object: KubeObject | undefined): Iterable<Indexed> => {
    if (REFERENT_KINDS.has(ref.kind.kind)) return usersByReferent.values(indexId(ref));
    if (ref.kind.kind !== 'ReferenceGrant') return [];
    const grants = [objects.get(indexId(ref))?.object, object].filter((one) => one !== undefined);
    if (object === undefined) grantsByNamespace.delete(ref.namespace, ref.name);
    else grantsByNamespace.set(ref.namespace, ref.name, object);
    return [...foreignUsers.values(ref.namespace)].filter((user) =>
      grants.some((grant) => concerns(grant, user, ref.namespace)),
    );
  };

  return {
    update(ref, object) {
      // Endpoints are the live part: no gateway is compiled for them.
      if (ref.kind.kind === 'EndpointSlice') return new Set();
      const reselected = ref.kind.kind === 'Gateway' ? reselect(ref, object) : [];
      const throughUsers = [...usersOf(ref, object)].flatMap((user) => user.gateways);
      return new Set([...relink(ref, object), ...reselected, ...throughUsers]);
    },
    inputOf(gateway) {
      const concerned = [...byGateway.values(formatNamespacedName(gateway))];
      const ofKind = (kind: string): KubeObject[] =>
        concerned.filter(({ ref }) => ref.kind.kind === kind).map(({ object }) => object);
      const referents = new Map(
        concerned
          .flatMap((one) => one.referents)
          .map((referent) => [referentId(referent), referent]),
      );
      const referredTo = (kind: string): KubeObject[] =>
        [...referents.values()].flatMap((referent) =>
          referent.kind === kind ? (objects.get(referentId(referent))?.object ?? []) : [],
        );
      const namespaces = new Set([...referents.values()].map(({ namespace }) => namespace));
      const own = ofKind('Gateway')[0];
      return {
        gatewayName: { namespace: gateway.namespace, name: gateway.name },
        ...(own === undefined ? {} : { gateway: own }),
        policies: ofKind('AgentgatewayPolicy'),
        httpRoutes: ofKind('HTTPRoute'),
        tcpRoutes: ofKind('TCPRoute'),
        backends: referredTo('AgentgatewayBackend'),
        services: referredTo('Service'),
        secrets: referredTo('Secret'),
        grants: [...namespaces].flatMap((namespace) => [...grantsByNamespace.values(namespace)]),
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

function referentId({ kind, ...name }: Referent): string {
  return `${kind}/${formatNamespacedName(name)}`;
}

/** Whether a grant of `namespace` is about references of this user at all. */
function concerns(grant: KubeObject, user: Indexed, namespace: string): boolean {
  const { from, to } = grantSpec(grant);
  const { kind, namespace: own } = user.ref;
  const isFrom = from.some((one) => one.kind === kind.kind && one.namespace === own);
  const referred = user.referents.filter((referent) => referent.namespace === namespace);
  return isFrom && to.some((one) => referred.some((referent) => referent.kind === one.kind));
}

function hasSelectors(object: KubeObject): boolean {
  return (
    object.kind === 'AgentgatewayPolicy' && (policySpec(object).targetSelectors ?? []).length > 0
  );
}
