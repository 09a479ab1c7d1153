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
 * Everything that these objects can tell. The first question about a kind costs one walk over the objects
 * of that kind: most policies ask about Gateways, and routes are many.
 */
export function createTargetLookup(objects: Iterable<KubeObject>): TargetLookup {
  const tables = new Map<string, KindTables>();
  let byKind: ReadonlyMap<string, readonly KubeObject[]> | undefined;
  const read = (kind: string): KindTables => {
    const known = tables.get(kind);
    if (known !== undefined) return known;
    byKind ??= groupByKind(objects);
    const made = tabulate(byKind.get(kind) ?? []);
    tables.set(kind, made);
    return made;
  };
  return {
    find: (kind, name) => read(kind).byName.get(formatNamespacedName(name)),
    ofKind: (kind, namespace) => read(kind).byNamespace.get(namespace) ?? [],
    routesTo: (kind, name) =>
      ROUTE_KINDS.flatMap((route) => read(route).byDestination.get(targetId(kind, name)) ?? []),
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

interface KindTables {
  readonly byName: ReadonlyMap<string, KubeObject>;
  readonly byNamespace: ReadonlyMap<string, readonly KubeObject[]>;
  /** Routes only. */
  readonly byDestination: ReadonlyMap<string, readonly KubeObject[]>;
}

const ROUTE_KINDS = ['HTTPRoute', 'TCPRoute'];

function groupByKind(objects: Iterable<KubeObject>): ReadonlyMap<string, readonly KubeObject[]> {
  const byKind = new Map<string, KubeObject[]>();
  for (const object of objects) push(byKind, object.kind, object);
  return byKind;
}

function tabulate(objects: readonly KubeObject[]): KindTables {
  const byName = new Map<string, KubeObject>();
  const byNamespace = new Map<string, KubeObject[]>();
  const byDestination = new Map<string, KubeObject[]>();
  for (const object of objects) {
    byName.set(objectId(object), object);
    push(byNamespace, objectName(object).namespace, object);
    for (const id of routeDestinations(object)) push(byDestination, id, object);
  }
  return { byName, byNamespace, byDestination };
}

function push(into: Map<string, KubeObject[]>, key: string, object: KubeObject): void {
  const list = into.get(key);
  if (list === undefined) into.set(key, [object]);
  else list.push(object);
}
