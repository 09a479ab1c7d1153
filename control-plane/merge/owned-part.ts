// SPDX-License-Identifier: Apache-2.0
import { differenceOf, type FieldSet, onlyRoots, withoutRoots } from './field-set.js';

/** Which part of an object a path writes: everything but the status, or the status alone. */
export type OwnedPart = 'object' | 'status';

/** Fields that belong to the server, or that name the object; nobody owns them, and none goes because an owner does. */
export const NOBODYS: FieldSet = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:creationTimestamp': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:name': {},
    'f:namespace': {},
    'f:resourceVersion': {},
    'f:selfLink': {},
    'f:uid': {},
  },
};

/** The fields of a set that can be owned through a path. */
export function ownedPart(set: FieldSet, part: OwnedPart): FieldSet {
  if (part === 'status') return onlyRoots(set, 'f:status');
  return differenceOf(withoutRoots(set, 'f:status'), NOBODYS);
}
