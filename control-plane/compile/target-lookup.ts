// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
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

/** Everything that `objects` can tell; what is asked for first costs one walk over them. */
export function createTargetLookup(objects: Iterable<KubeObject>): TargetLookup {
  let tables: Tables | undefined;
  const read = (): Tables => {
    tables ??= tabulate(objects);
    return tables;
  };
  return {
    find: (kind, name) => read().byName.get(targetId(kind, name)),
    ofKind: (kind, namespace) => read().byNamespace.get(`${kind}/${namespace}`) ?? [],
    routesTo: (kind, name) => read().byBackend.get(targetId(kind, name)) ?? [],
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

interface Tables {
  readonly byName: ReadonlyMap<string, KubeObject>;
  readonly byNamespace: ReadonlyMap<string, readonly KubeObject[]>;
  readonly byBackend: ReadonlyMap<string, readonly KubeObject[]>;
}

function tabulate(objects: Iterable<KubeObject>): Tables {
  const byName = new Map<string, KubeObject>();
  const byNamespace = new Map<string, KubeObject[]>();
  const byBackend = new Map<string, KubeObject[]>();
  for (const object of objects) {
    byName.set(`${object.kind}/${objectId(object)}`, object);
    push(byNamespace, `${object.kind}/${objectName(object).namespace}`, object);
    for (const id of routeDestinations(object)) push(byBackend, id, object);
  }
  return { byName, byNamespace, byBackend };
}

function push(into: Map<string, KubeObject[]>, key: string, object: KubeObject): void {
  const list = into.get(key);
  if (list === undefined) into.set(key, [object]);
  else list.push(object);
}
