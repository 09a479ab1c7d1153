// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { compareText } from '../../shared/names/sort.js';
import type { JsonValue } from '../log/transaction.js';
import { gatewaySpec } from '../policy/gateway-spec.js';
import { findKind, type Kind } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId, objectName } from '../policy/object-name.js';
import { routeSpec } from '../policy/route-spec.js';
import { attachRoute, parentGateway } from './attach-route.js';
import { backendStatus } from './backend-status.js';
import { formatConditionTime } from './conditions.js';
import { type Candidate, type Claim, electClaims } from './election.js';
import { gatewayClassStatus, isOurClass, isOurGateway } from './gateway-class.js';
import type { GatewayFacts } from './gateway-facts.js';
import { gatewayStatus } from './gateway-status.js';
import { type PlannedListener, planListeners } from './listeners.js';
import { type CompiledPolicy, compilePolicy } from './policy-parts.js';
import { policyStatus } from './policy-status.js';
import { type PolicyTarget, targetsOf } from './policy-targets.js';
import { collectReferents } from './referents.js';
import { type ParentGateway, routeStatus } from './route-status.js';
import { createTargetLookup } from './target-lookup.js';

/**
 * The objects whose status is wanted, with everything they are judged by: for a policy its Gateways and
 * every other policy of those Gateways, for a Gateway its routes, for a route its Gateways and backends.
 */
export interface StatusInput {
  readonly policies: readonly KubeObject[];
  readonly gateways: readonly KubeObject[];
  readonly gatewayClasses?: readonly KubeObject[];
  readonly httpRoutes: readonly KubeObject[];
  readonly tcpRoutes: readonly KubeObject[];
  readonly backends: readonly KubeObject[];
  /** Services, Secrets and ReferenceGrants have no status; others are judged by them. */
  readonly services?: readonly KubeObject[];
  readonly secrets?: readonly KubeObject[];
  readonly grants?: readonly KubeObject[];
  /** The status as written last, of which times and other controllers' entries are kept. */
  readonly previous: (kind: Kind, namespace: string, name: string) => JsonValue | undefined;
  /** Milliseconds since the Unix epoch, for conditions that change now. */
  readonly nowMs: number;
  readonly gatewayFacts: (gateway: NamespacedName) => GatewayFacts | undefined;
}

export interface ObjectStatus {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly status: JsonValue;
}

/**
 * The status of every object of the input except Gateways of other classes, sorted by kind, namespace and
 * name. Equal to the previous one when nothing changed, so that the caller can leave it unwritten.
 */
export function objectStatuses(input: StatusInput): readonly ObjectStatus[] {
  const routes = [...input.httpRoutes, ...input.tcpRoutes];
  const world = survey(input);
  const statuses = [
    ...policyStatuses(input, world),
    ...gatewayStatuses(input, world, countRoutes(routes, world)),
    ...gatewayClassStatuses(input, world),
    ...routeStatuses(input, routes, world),
    ...input.backends.map((backend) => {
      const { kind, namespace, name, previous } = identify(input, backend);
      const status = backendStatus({ backend, previous, now: world.now });
      return { kind, namespace, name, status };
    }),
  ];
  return statuses.sort(
    (a, b) =>
      compareText(a.kind.kind, b.kind.kind) ||
      compareText(a.namespace, b.namespace) ||
      compareText(a.name, b.name),
  );
}

interface SurveyedGateway {
  readonly gateway: KubeObject;
  /** Undefined when the Gateway is of another class. */
  readonly listeners: readonly PlannedListener[] | undefined;
}

interface World {
  /** Keyed `namespace/name`. */
  readonly gateways: ReadonlyMap<string, SurveyedGateway>;
  readonly now: string;
}

function survey(input: StatusInput): World {
  const { gateways, gatewayClasses = [], nowMs } = input;
  const classes = new Map(gatewayClasses.map((one) => [one.metadata.name, one]));
  const isOurs = (gateway: KubeObject): boolean =>
    isOurGateway(gateway, classes.get(gatewaySpec(gateway).gatewayClassName));
  const referents = collectReferents(input);
  const surveyed = gateways.map((gateway): [string, SurveyedGateway] => [
    objectId(gateway),
    { gateway, listeners: isOurs(gateway) ? planListeners(gateway, referents) : undefined },
  ]);
  return { gateways: new Map(surveyed), now: formatConditionTime(nowMs) };
}

function findOurs(world: World, { namespace, name }: NamespacedName): SurveyedGateway | undefined {
  const found = world.gateways.get(`${namespace}/${name}`);
  return found?.listeners === undefined ? undefined : found;
}

function policyStatuses(input: StatusInput, world: World): readonly ObjectStatus[] {
  const { httpRoutes, tcpRoutes, backends } = input;
  const ours = input.gateways.filter((gateway) => findOurs(world, objectName(gateway)));
  const lookup = createTargetLookup([
    ...[...ours, ...httpRoutes, ...tcpRoutes],
    ...[...backends, ...(input.services ?? [])],
  ]);
  const referents = collectReferents(input);
  const surveyed = input.policies.map(
    (policy): SurveyedPolicy => ({
      policy,
      compiled: compilePolicy(policy, referents),
      targets: targetsOf(policy, lookup),
    }),
  );
  const claims = electEverywhere(surveyed);
  return surveyed.map((one) => {
    const { kind, namespace, name, previous } = identify(input, one.policy);
    const status = policyStatus({
      ...one,
      claims: claims.get(one.policy) ?? [],
      ...{ lookup, previous },
      gatewayFacts: input.gatewayFacts,
      now: world.now,
    });
    return { kind, namespace, name, status };
  });
}

interface SurveyedPolicy {
  readonly policy: KubeObject;
  readonly compiled: CompiledPolicy;
  readonly targets: readonly PolicyTarget[];
}

/** Elections are per gateway; the result is each policy's claims on all of them. */
function electEverywhere(
  surveyed: readonly SurveyedPolicy[],
): ReadonlyMap<KubeObject, readonly Claim[]> {
  const candidates = new Map<string, Candidate[]>();
  for (const { policy, compiled, targets } of surveyed) {
    const perGateway = groupBy(targets, ({ gateway }) => `${gateway.namespace}/${gateway.name}`);
    for (const [id, some] of perGateway) {
      const list = candidates.get(id) ?? [];
      list.push({ policy, parts: compiled.parts, targets: some });
      candidates.set(id, list);
    }
  }
  const claims = [...candidates.values()].flatMap((list) => electClaims(list));
  return groupBy(claims, (claim) => claim.policy);
}

function gatewayClassStatuses(input: StatusInput, world: World): readonly ObjectStatus[] {
  return (input.gatewayClasses ?? []).filter(isOurClass).map((gatewayClass) => {
    const { kind, namespace, name, previous } = identify(input, gatewayClass);
    const status = gatewayClassStatus({ gatewayClass, previous, now: world.now });
    return { kind, namespace, name, status };
  });
}

function gatewayStatuses(
  input: StatusInput,
  world: World,
  attached: ReadonlyMap<string, ReadonlyMap<string, number>>,
): readonly ObjectStatus[] {
  return [...world.gateways].flatMap(([id, { gateway, listeners }]) => {
    if (listeners === undefined) return [];
    const { kind, namespace, name, previous } = identify(input, gateway);
    const status = gatewayStatus({
      gateway,
      listeners,
      attachedRoutes: attached.get(id) ?? new Map(),
      facts: input.gatewayFacts({ namespace, name }),
      previous,
      now: world.now,
    });
    return [{ kind, namespace, name, status }];
  });
}

/** Attached routes by Gateway and listener; a route counts once on a listener. */
function countRoutes(
  routes: readonly KubeObject[],
  world: World,
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const counts = new Map<string, Map<string, number>>();
  for (const route of routes) {
    for (const place of listenersOf(route, world)) {
      const [gateway, listener] = place;
      const ofGateway = counts.get(gateway) ?? new Map<string, number>();
      ofGateway.set(listener, (ofGateway.get(listener) ?? 0) + 1);
      counts.set(gateway, ofGateway);
    }
  }
  return counts;
}

function listenersOf(route: KubeObject, world: World): readonly (readonly [string, string])[] {
  const places = new Map<string, readonly [string, string]>();
  for (const ref of routeSpec(route).parentRefs ?? []) {
    const gateway = parentGateway(route, ref);
    const found = gateway && findOurs(world, gateway);
    if (!gateway || !found?.listeners) continue;
    const { attachments } = attachRoute(route, ref, gateway, found.listeners);
    for (const { listener } of attachments) {
      const id = objectId(found.gateway);
      places.set(`${id}.${listener.spec.name}`, [id, listener.spec.name]);
    }
  }
  return [...places.values()];
}

function routeStatuses(
  input: StatusInput,
  routes: readonly KubeObject[],
  world: World,
): readonly ObjectStatus[] {
  const referents = collectReferents(input);
  const findParent = ({ namespace, name }: NamespacedName): ParentGateway => {
    const found = world.gateways.get(`${namespace}/${name}`);
    if (found === undefined) return { state: 'missing' };
    const { listeners } = found;
    return listeners === undefined ? { state: 'foreign' } : { state: 'ours', listeners };
  };
  return routes.map((route) => {
    const { kind, namespace, name, previous } = identify(input, route);
    const status = routeStatus({ route, findParent, referents, previous, now: world.now });
    return { kind, namespace, name, status };
  });
}

function identify(input: StatusInput, object: KubeObject) {
  const kind = findKind(object.kind);
  if (kind === undefined) throw new TypeError(`no kind ${object.kind} is served`);
  const { namespace, name } = objectName(object);
  return { kind, namespace, name, previous: input.previous(kind, namespace, name) };
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
