// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { grantSpec } from '../policy/grant-spec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId, objectName } from '../policy/object-name.js';

/** Objects that routes and listeners refer to; a list that is left out is empty. */
export interface ReferentObjects {
  readonly backends: readonly KubeObject[];
  readonly services?: readonly KubeObject[];
  readonly secrets?: readonly KubeObject[];
  /** ReferenceGrants of any namespace. */
  readonly grants?: readonly KubeObject[];
}

/** The same, arranged for lookup by `namespace/name`. */
export interface Referents {
  readonly backends: ReadonlyMap<string, KubeObject>;
  readonly services: ReadonlyMap<string, KubeObject>;
  readonly secrets: ReadonlyMap<string, KubeObject>;
  readonly grants: readonly KubeObject[];
}

/** Who refers: a route, a Gateway with its certificates, or a policy with a collector. */
export interface Referrer {
  /** Absent: gateway.networking.k8s.io. */
  readonly group?: string;
  readonly kind: string;
  readonly namespace: string;
}

/** What is referred to; `group` is empty for the core group. */
export interface Referent extends NamespacedName {
  readonly group: string;
  readonly kind: string;
}

export function collectReferents(objects: ReferentObjects): Referents {
  const byId = (list: readonly KubeObject[] = []): ReadonlyMap<string, KubeObject> =>
    new Map(list.map((object) => [objectId(object), object]));
  return {
    backends: byId(objects.backends),
    services: byId(objects.services),
    secrets: byId(objects.secrets),
    grants: objects.grants ?? [],
  };
}

/** Inside a namespace always; into another one when a ReferenceGrant there allows it (Gateway API). */
export function mayRefer(
  grants: readonly KubeObject[],
  referrer: Referrer,
  referent: Referent,
): boolean {
  if (referrer.namespace === referent.namespace) return true;
  const { group: own = GATEWAY_GROUP } = referrer;
  return grants.some((grant) => {
    if (objectName(grant).namespace !== referent.namespace) return false;
    const { from, to } = grantSpec(grant);
    const isFrom = from.some(
      ({ group, kind, namespace }) =>
        group === own && kind === referrer.kind && namespace === referrer.namespace,
    );
    const isTo = to.some(
      ({ group, kind, name }) =>
        group === referent.group &&
        kind === referent.kind &&
        (name === undefined || name === referent.name),
    );
    return isFrom && isTo;
  });
}

/** What to say when it may not. */
export function describeMissingGrant(referrer: Referrer, { kind, namespace, name }: Referent) {
  return `${kind} ${namespace}/${name} is in another namespace, and no ReferenceGrant there allows ${plural(referrer.kind)} of namespace ${referrer.namespace} to refer to it`;
}

const GATEWAY_GROUP = 'gateway.networking.k8s.io';

function plural(kind: string): string {
  return `${kind.replace(/cy$/, 'cie')}s`;
}
