// SPDX-License-Identifier: Apache-2.0
import { formatNamespacedName } from '../../shared/names/gateway-name.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId } from '../policy/object-name.js';
import type { Referent, Referents } from './referents.js';
import type { RoutedObject } from './route-order.js';
import { referentsOf } from './targets.js';

/** What a route came to last time, or what `compile` makes of it now. */
type RememberedRoutes = (route: KubeObject, compile: () => RoutedObject) => RoutedObject;

/**
 * What each route came to on each gateway, together with all that it was compiled from. While those are the
 * same objects, so is the answer: one changed route of 10,000 is compiled, the others are looked up.
 */
export interface RouteMemo {
  open(gateway: KubeObject, objects: Referents): RememberedRoutes;
}

/** Compared by identity: objects are replaced, never changed. */
type Sources = readonly (KubeObject | undefined)[];

interface Entry {
  /** The gateway and its certificates, as one list that is shared by all routes. */
  readonly gatewaySources: Sources;
  readonly routeSources: Sources;
  readonly routed: RoutedObject;
}

interface Remembered {
  /** What the route refers to follows from the route alone. */
  readonly referents: readonly Referent[];
  /** By gateway, as `namespace/name`. */
  readonly entries: Map<string, Entry>;
}

/** One memo for each compiling process; it forgets an object when nobody else holds it any more. */
export function createRouteMemo(): RouteMemo {
  const routes = new WeakMap<KubeObject, Remembered>();
  const gateways = new WeakMap<KubeObject, Sources>();
  const remember = (route: KubeObject): Remembered => {
    const remembered = routes.get(route) ?? { referents: referentsOf(route), entries: new Map() };
    routes.set(route, remembered);
    return remembered;
  };
  return {
    open(gateway, objects) {
      const now = sourcesOf(gateway, referentsOf(gateway), objects);
      const before = gateways.get(gateway);
      const gatewaySources = before !== undefined && isSame(before, now) ? before : now;
      gateways.set(gateway, gatewaySources);
      const id = objectId(gateway);
      return (route, compile) => {
        const { referents, entries } = remember(route);
        const routeSources = sourcesOf(route, referents, objects);
        const known = entries.get(id);
        const isKnown =
          known?.gatewaySources === gatewaySources && isSame(known.routeSources, routeSources);
        if (isKnown) return known.routed;
        const routed = compile();
        entries.set(id, { gatewaySources, routeSources, routed });
        return routed;
      };
    },
  };
}

/** Compiles everything anew. */
export const NO_MEMO: RouteMemo = { open: () => (_route, compile) => compile() };

/** What the object refers to, and the grants of the namespaces that are not its own. */
function sourcesOf(object: KubeObject, referents: readonly Referent[], objects: Referents) {
  const sources: (KubeObject | undefined)[] = [];
  for (const referent of referents) {
    const { kind, namespace } = referent;
    sources.push(findReferent(objects, kind, formatNamespacedName(referent)));
    if (namespace === object.metadata.namespace) continue;
    sources.push(...objects.grants.filter((grant) => grant.metadata.namespace === namespace));
  }
  return sources;
}

function findReferent(objects: Referents, kind: string, id: string): KubeObject | undefined {
  switch (kind) {
    case 'AgentgatewayBackend':
      return objects.backends.get(id);
    case 'Secret':
      return objects.secrets.get(id);
    case 'Service':
      return objects.services.get(id);
    default:
      return undefined;
  }
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}
