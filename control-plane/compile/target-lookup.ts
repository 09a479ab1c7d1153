// SPDX-License-Identifier: Apache-2.0
import { formatNamespacedName, type NamespacedName } from '../../shared/names/gateway-name.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId, objectName } from '../policy/object-name.js';
import { type BackendRef, routeSpec } from '../policy/route-spec.js';

/** What policies are attached through: who exists, and which routes send where. */
export interface TargetLookup {
  find(kind: string, name: NamespacedName): KubeObject | undefined;
  /** Every object of a kind in a namespace, for selectors. */
  ofKind(kind: string, namespace: string): Iterable<KubeObject>;
  /** Every route with a backendRef to the object. */
  routesTo(kind: string, name: NamespacedName): Iterable<KubeObject>;
}

/**
 * Everything that these objects can tell. The first question of a sort about a kind costs one walk over the
 * objects of that kind: most policies ask about Gateways, and routes are many.
 */
export function createTargetLookup(objects: Iterable<KubeObject>): TargetLookup {
  let byKind: ReadonlyMap<string, readonly KubeObject[]> | undefined;
  const listed = (kind: string): readonly KubeObject[] => {
    byKind ??= groupBy(objects, (object) => [object.kind]);
    return byKind.get(kind) ?? [];
  };
  const byName = lazily((kind) => groupBy(listed(kind), (object) => [objectId(object)]));
  const byNamespace = lazily((kind) =>
    groupBy(listed(kind), (object) => [objectName(object).namespace]),
  );
  const byDestination = lazily((kind) => groupBy(listed(kind), routeDestinations));
  return {
    find: (kind, name) => byName(kind).get(formatNamespacedName(name))?.[0],
    ofKind: (kind, namespace) => byNamespace(kind).get(namespace) ?? [],
    routesTo: (kind, name) =>
      ROUTE_KINDS.flatMap((route) => byDestination(route).get(targetId(kind, name)) ?? []),
  };
}

/** `Kind/namespace/name`. */
export function targetId(kind: string, { namespace, name }: NamespacedName): string {
  return `${kind}/${namespace}/${name}`;
}

/** What a route sends to, each once, as `Kind/namespace/name`; empty for every other object. */
export function routeDestinations(object: KubeObject): readonly string[] {
  if (object.kind !== 'HTTPRoute' && object.kind !== 'TCPRoute') return [];
  const own = objectName(object).namespace;
  const refs = (routeSpec(object).rules ?? []).flatMap((rule) => rule.backendRefs ?? []);
  return [...new Set(refs.map((ref) => destinationId(ref, own)))];
}

function destinationId({ kind, namespace, name }: BackendRef, own: string): string {
  return targetId(kind, { namespace: namespace ?? own, name });
}

const ROUTE_KINDS = ['HTTPRoute', 'TCPRoute'];

type Groups = ReadonlyMap<string, readonly KubeObject[]>;

/** Makes the groups of each kind when they are asked for first. */
function lazily(make: (kind: string) => Groups): (kind: string) => Groups {
  const made = new Map<string, Groups>();
  return (kind) => {
    const known = made.get(kind);
    if (known !== undefined) return known;
    const groups = make(kind);
    made.set(kind, groups);
    return groups;
  };
}

function groupBy(
  objects: Iterable<KubeObject>,
  keysOf: (object: KubeObject) => readonly string[],
): Groups {
  const groups = new Map<string, KubeObject[]>();
  for (const object of objects) {
    for (const key of keysOf(object)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [object]);
      else group.push(object);
    }
  }
  return groups;
}
