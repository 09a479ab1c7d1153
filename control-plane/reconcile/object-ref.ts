// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { KINDS, type Kind, storeGroup } from '../policy/kinds.js';

/** Store prefix of every object of every kind. */
export const OBJECTS_PREFIX = 'objects/';

/** An object by kind and name; what events carry instead of objects. */
export interface ObjectRef extends NamespacedName {
  readonly kind: Kind;
}

/** Reads `objects/<group>/<plural>/<namespace>/<name>`; undefined for every other key. */
export function parseObjectKey(key: string): ObjectRef | undefined {
  if (!key.startsWith(OBJECTS_PREFIX)) return undefined;
  const [group, plural, namespace, name, ...rest] = key.slice(OBJECTS_PREFIX.length).split('/');
  const kind = KINDS.find((known) => storeGroup(known) === group && known.plural === plural);
  if (kind === undefined || namespace === undefined || !name || rest.length > 0) return undefined;
  if (kind.namespaced !== (namespace !== '')) return undefined;
  return { kind, namespace, name };
}
