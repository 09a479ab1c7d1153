// SPDX-License-Identifier: Apache-2.0
import { findKind, type Kind, objectKey } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { policySpec } from '../policy/policy-spec.js';
import type { ObjectRef } from './object-ref.js';
import type { TargetIndex } from './target-index.js';

/** Objects by kind, the form in which status is computed. */
export interface ObjectsByKind {
  readonly policies: readonly KubeObject[];
  readonly gateways: readonly KubeObject[];
  readonly gatewayClasses: readonly KubeObject[];
  readonly httpRoutes: readonly KubeObject[];
  readonly tcpRoutes: readonly KubeObject[];
  readonly backends: readonly KubeObject[];
  readonly services: readonly KubeObject[];
  readonly secrets: readonly KubeObject[];
  readonly grants: readonly KubeObject[];
}

export interface StatusScope {
  /** Store keys of the objects whose status is wanted; of the others it would be computed by half. */
  readonly wanted: ReadonlySet<string>;
  /** The wanted ones and everything they are judged by. */
  readonly objects: ObjectsByKind;
}

/**
 * What has to be looked at when something about these gateways (`namespace/name`) or objects changed: the
 * objects of those gateways, and for each of them the whole of every gateway it reaches.
 */
export function gatherScope(
  index: Pick<TargetIndex, 'inputOf' | 'find' | 'gatewaysReachedBy'>,
  gatewayIds: Iterable<string>,
  refs: Iterable<ObjectRef>,
): StatusScope {
  const wanted = new Map<string, KubeObject>();
  for (const id of gatewayIds) {
    const { gateway, policies, httpRoutes, tcpRoutes } = inputOf(index, id);
    const own = gateway === undefined ? [] : [gateway];
    addAll(wanted, [...own, ...policies, ...httpRoutes, ...tcpRoutes]);
  }
  for (const ref of refs) addAll(wanted, index.find(ref) ?? []);

  const reached = new Set<string>(gatewayIds);
  for (const object of wanted.values()) {
    for (const id of index.gatewaysReachedBy(refOf(object))) reached.add(id);
  }
  const all = new Map(wanted);
  for (const id of reached) {
    const { gateway, policies, httpRoutes, tcpRoutes, backends, ...more } = inputOf(index, id);
    const own = [gateway, more.gatewayClass].filter((object) => object !== undefined);
    addAll(all, [...own, ...policies, ...httpRoutes, ...tcpRoutes, ...backends]);
    const { services = [], secrets = [], grants = [] } = more;
    addAll(all, [...services, ...secrets, ...grants]);
  }
  for (const object of wanted.values()) addAll(all, namedTargetsOf(index, object));
  return { wanted: new Set(wanted.keys()), objects: groupByKind(all.values()) };
}

/** What a policy names exists even when it leads to no gateway. */
function namedTargetsOf(
  index: Pick<TargetIndex, 'find'>,
  object: KubeObject,
): readonly KubeObject[] {
  if (object.kind !== 'AgentgatewayPolicy') return [];
  const { namespace } = objectName(object);
  return (policySpec(object).targetRefs ?? []).flatMap((target) => {
    const kind = findKind(target.kind);
    return (kind && index.find({ kind, namespace, name: target.name })) ?? [];
  });
}

function inputOf(index: Pick<TargetIndex, 'inputOf'>, id: string) {
  const [namespace = '', name = ''] = id.split('/');
  return index.inputOf({ namespace, name });
}

function addAll(into: Map<string, KubeObject>, objects: KubeObject | readonly KubeObject[]): void {
  for (const object of [objects].flat()) {
    const { kind, namespace, name } = refOf(object);
    into.set(objectKey(kind, namespace, name), object);
  }
}

function refOf(object: KubeObject): ObjectRef {
  return { kind: kindOf(object), ...objectName(object) };
}

function kindOf(object: KubeObject): Kind {
  const kind = findKind(object.kind);
  if (kind === undefined) throw new TypeError(`an object of kind ${object.kind} was indexed`);
  return kind;
}

function groupByKind(objects: Iterable<KubeObject>): ObjectsByKind {
  const all = [...objects];
  const ofKind = (kind: string): readonly KubeObject[] => all.filter((one) => one.kind === kind);
  return {
    policies: ofKind('AgentgatewayPolicy'),
    gateways: ofKind('Gateway'),
    gatewayClasses: ofKind('GatewayClass'),
    httpRoutes: ofKind('HTTPRoute'),
    tcpRoutes: ofKind('TCPRoute'),
    backends: ofKind('AgentgatewayBackend'),
    services: ofKind('Service'),
    secrets: ofKind('Secret'),
    grants: ofKind('ReferenceGrant'),
  };
}
