// SPDX-License-Identifier: Apache-2.0
import { formatNamespacedName, type NamespacedName } from '../../shared/names/gateway-name.js';
import type { GatewayInput } from '../compile/compile-gateway.js';
import type { Referent } from '../compile/referents.js';
import { routeDestinations, type TargetLookup, targetId } from '../compile/target-lookup.js';
import { gatewaysOf, referentsOf } from '../compile/targets.js';
import { grantSpec } from '../policy/grant-spec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { policySpec } from '../policy/policy-spec.js';
import { createMultimap, type Multimap } from './multimap.js';
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
  readonly referentIds: readonly string[];
  /** What a route sends to, as `Kind/namespace/name`. */
  readonly destinations: readonly string[];
}

/** Kinds that reach gateways only through what refers to them. */
const REFERENT_KINDS = new Set(['AgentgatewayBackend', 'GatewayClass', 'Secret', 'Service']);

export function createTargetIndex(): TargetIndex {
  const objects = new Map<string, Indexed>();
  const byGateway = createMultimap<Indexed>();
  const usersByReferent = createMultimap<Indexed>();
  /** Users of objects of another namespace, by that namespace. */
  const foreignUsers = createMultimap<Indexed>();
  const grantsByNamespace = createMultimap<KubeObject>();
  const routesByDestination = createMultimap<Indexed>();
  const byKindAndNamespace = createMultimap<Indexed>();
  const policiesByTarget = createMultimap<Indexed>();
  const selecting = createMultimap<Indexed>();

  const lookup: TargetLookup = {
    find: (kind, name) => objects.get(targetId(kind, name))?.object,
    *ofKind(kind, namespace) {
      for (const { object } of byKindAndNamespace.values(`${kind}/${namespace}`)) yield object;
    },
    *routesTo(kind, name) {
      for (const { object } of routesByDestination.values(targetId(kind, name))) yield object;
    },
  };
  const groupsOf = ({ ref, object, ...indexed }: Indexed): readonly Group[] => [
    [byGateway, indexed.gateways],
    [usersByReferent, indexed.referentIds],
    [foreignUsers, foreignNamespaces(ref, indexed.referents)],
    [routesByDestination, indexed.destinations],
    [byKindAndNamespace, [`${ref.kind.kind}/${ref.namespace}`]],
    [policiesByTarget, namedTargetIds(object)],
    [selecting, selectedKinds(object)],
  ];
  const unlink = (id: string, indexed: Indexed): void => {
    objects.delete(id);
    for (const [groups, names] of groupsOf(indexed))
      for (const name of names) groups.delete(name, id);
  };
  const link = (id: string, ref: ObjectRef, object: KubeObject): Indexed => {
    const referents = referentsOf(object);
    const indexed: Indexed = {
      ref,
      object,
      gateways: gatewaysOf(ref.kind, object, lookup).map(formatNamespacedName),
      referents,
      referentIds: referents.map(referentId),
      destinations: routeDestinations(object),
    };
    objects.set(id, indexed);
    for (const [groups, names] of groupsOf(indexed))
      for (const name of names) groups.set(name, id, indexed);
    return indexed;
  };
  const relink = (ref: ObjectRef, object: KubeObject | undefined): readonly Indexed[] => {
    const id = indexId(ref);
    const before = objects.get(id);
    if (before !== undefined) unlink(id, before);
    const after = object === undefined ? undefined : link(id, ref, object);
    return [before, after].filter((indexed) => indexed !== undefined);
  };
  /** The policies that name or may select one of these targets (`Kind/namespace/name`) are attached anew. */
  const reattach = (targets: ReadonlySet<string>): readonly string[] => {
    const policies = new Map<string, Indexed>();
    for (const target of targets) {
      const [kind = '', namespace = ''] = target.split('/');
      const concerned = [
        ...policiesByTarget.values(target),
        ...selecting.values(`${kind}/${namespace}`),
      ];
      for (const policy of concerned) policies.set(indexId(policy.ref), policy);
    }
    return [...policies.values()].flatMap(({ ref, object }) =>
      relink(ref, object).flatMap(({ gateways }) => gateways),
    );
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
      const throughUsers = [...usersOf(ref, object)].flatMap((user) => user.gateways);
      const changed = relink(ref, object);
      const targets = new Set([indexId(ref), ...changed.flatMap((one) => one.destinations)]);
      const reattached = ref.kind.kind === 'AgentgatewayPolicy' ? [] : reattach(targets);
      const own = changed.flatMap(({ gateways }) => gateways);
      return new Set([...own, ...reattached, ...throughUsers]);
    },
    inputOf(gateway) {
      const byKind = new Map<string, KubeObject[]>();
      const referents = new Set<string>();
      const namespaces = new Set<string>();
      const note = (kind: string, object: KubeObject): void => {
        const list = byKind.get(kind);
        if (list === undefined) byKind.set(kind, [object]);
        else list.push(object);
      };
      for (const one of byGateway.values(formatNamespacedName(gateway))) {
        note(one.ref.kind.kind, one.object);
        for (const id of one.referentIds) referents.add(id);
        for (const referent of one.referents) namespaces.add(referent.namespace);
      }
      for (const id of referents) {
        const found = objects.get(id);
        if (found !== undefined) note(found.ref.kind.kind, found.object);
      }
      const ofKind = (kind: string): KubeObject[] => byKind.get(kind) ?? [];
      const own = ofKind('Gateway')[0];
      const [gatewayClass] = ofKind('GatewayClass');
      return {
        gatewayName: { namespace: gateway.namespace, name: gateway.name },
        ...(own === undefined ? {} : { gateway: own }),
        ...(gatewayClass === undefined ? {} : { gatewayClass }),
        policies: ofKind('AgentgatewayPolicy'),
        httpRoutes: ofKind('HTTPRoute'),
        tcpRoutes: ofKind('TCPRoute'),
        backends: ofKind('AgentgatewayBackend'),
        services: ofKind('Service'),
        secrets: ofKind('Secret'),
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

type Group = readonly [groups: Multimap<Indexed>, names: readonly string[]];

/** Targets that a policy names, other than Gateways, which are gateways of it as they stand. */
function namedTargetIds(object: KubeObject): readonly string[] {
  if (object.kind !== 'AgentgatewayPolicy') return [];
  const { namespace } = objectName(object);
  return (policySpec(object).targetRefs ?? [])
    .filter(({ kind }) => kind !== 'Gateway')
    .map(({ kind, name }) => targetId(kind, { namespace, name }));
}

/** Where a policy selects its targets, as `Kind/namespace`. */
function selectedKinds(object: KubeObject): readonly string[] {
  if (object.kind !== 'AgentgatewayPolicy') return [];
  const { namespace } = objectName(object);
  return (policySpec(object).targetSelectors ?? []).map(({ kind }) => `${kind}/${namespace}`);
}

/** Other namespaces that the object refers to: their ReferenceGrants concern it. */
function foreignNamespaces(ref: ObjectRef, referents: readonly Referent[]): readonly string[] {
  return referents.flatMap(({ namespace }) => (namespace === ref.namespace ? [] : namespace));
}
