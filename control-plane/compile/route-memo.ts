// SPDX-License-Identifier: Apache-2.0
import { formatNamespacedName } from '../../shared/names/gateway-name.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId } from '../policy/object-name.js';
import type { GatewayResource } from './gateway-resource.js';
import type { Referent, Referents } from './referents.js';
import { referentsOf } from './targets.js';

/**
 * What each route came to on each gateway, together with all that it was compiled from. While those are the
 * same objects, so is the answer: one changed route of 10,000 is compiled, the others are looked up.
 */
export interface RouteMemo {
  resourcesOf(
    route: KubeObject,
    gateway: KubeObject,
    objects: Referents,
    compile: () => readonly GatewayResource[],
  ): readonly GatewayResource[];
}

interface Entry {
  /** By identity: objects are replaced, never changed. */
  readonly from: readonly (KubeObject | undefined)[];
  readonly resources: readonly GatewayResource[];
}

interface Remembered {
  /** What a route or Gateway refers to follows from it alone. */
  readonly referents: readonly Referent[];
  /** By gateway, as `namespace/name`. */
  readonly entries: Map<string, Entry>;
}

/** One memo for each compiling process; it forgets a route when nobody else holds the object any more. */
export function createRouteMemo(): RouteMemo {
  const memo = new WeakMap<KubeObject, Remembered>();
  const remember = (route: KubeObject): Remembered => {
    const remembered = memo.get(route) ?? { referents: referentsOf(route), entries: new Map() };
    memo.set(route, remembered);
    return remembered;
  };
  return {
    resourcesOf(route, gateway, objects, compile) {
      const { referents, entries } = remember(route);
      // Certificates decide which listeners there are to attach to.
      const ofGateway = sourcesOf(gateway, remember(gateway).referents, objects);
      const from = [gateway, ...ofGateway, ...sourcesOf(route, referents, objects)];
      const id = objectId(gateway);
      const known = entries.get(id);
      if (known !== undefined && isSame(known.from, from)) return known.resources;
      const resources = compile();
      entries.set(id, { from, resources });
      return resources;
    },
  };
}

/** Compiles everything anew. */
export const NO_MEMO: RouteMemo = {
  resourcesOf: (_route, _gateway, _referents, compile) => compile(),
};

function sourcesOf(
  referrer: KubeObject,
  referents: readonly Referent[],
  objects: Referents,
): (KubeObject | undefined)[] {
  const sources: (KubeObject | undefined)[] = [];
  for (const referent of referents) {
    const { kind, namespace } = referent;
    sources.push(findReferent(objects, kind, formatNamespacedName(referent)));
    if (namespace === referrer.metadata.namespace) continue;
    sources.push(...objects.grants.filter((grant) => grant.metadata.namespace === namespace));
  }
  return sources;
}

function findReferent(referents: Referents, kind: string, id: string): KubeObject | undefined {
  switch (kind) {
    case 'AgentgatewayBackend':
      return referents.backends.get(id);
    case 'Secret':
      return referents.secrets.get(id);
    case 'Service':
      return referents.services.get(id);
    default:
      return undefined;
  }
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}
