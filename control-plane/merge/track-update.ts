// SPDX-License-Identifier: Apache-2.0
import type { StructuralSchema } from '../policy/structural-schema.js';
import { compareObjects } from './compare-values.js';
import { differenceOf, equalSets, isEmptySet, unionOf } from './field-set.js';
import type { JsonObject } from './json-object.js';
import {
  foldOldEntries,
  isEntryOf,
  type ManagedFieldsEntry,
  newEntry,
  sortEntries,
  type Writer,
} from './manager.js';
import { type OwnedPart, ownedPart } from './owned-part.js';

export interface UpdateRequest {
  readonly schema: StructuralSchema;
  /** Absent when the object is new. */
  readonly before: JsonObject | undefined;
  readonly after: JsonObject;
  readonly managers: readonly ManagedFieldsEntry[];
  readonly writer: Writer;
  readonly part: OwnedPart;
}

/**
 * Who owns what after a write that says nothing about ownership (create, replace, patch): the writer owns what it
 * changed, and nobody else does any more. An object that nobody is known to own (written before owners were kept)
 * stays so, as in Kubernetes.
 */
export function trackUpdate(request: UpdateRequest): readonly ManagedFieldsEntry[] {
  const { schema, before, after, managers, writer, part } = request;
  if (before !== undefined && managers.length === 0) return [];
  const found = compareObjects(schema, before ?? EMPTY_OBJECT, after);
  const changed = ownedPart(unionOf(found.added, found.modified), part);
  const removed = ownedPart(found.removed, part);
  if (isEmptySet(changed) && isEmptySet(removed)) return managers;
  const gone = unionOf(changed, removed);
  const isOwn = isEntryOf(writer, 'Update');
  const own = managers.find(isOwn);
  const rest = managers.map((entry) => {
    const fieldsV1 = differenceOf(entry.fieldsV1, gone);
    return equalSets(fieldsV1, entry.fieldsV1) ? entry : { ...entry, fieldsV1 };
  });
  if (isEmptySet(changed)) return sortEntries(rest);
  const kept = rest.find(isOwn)?.fieldsV1 ?? {};
  const fields = unionOf(kept, changed);
  // A status is written often and by the same hand: its time moves when its fields do.
  const isSame = part === 'status' && own !== undefined && equalSets(own.fieldsV1, fields);
  const entry = isSame ? own : newEntry(writer, 'Update', fields);
  return sortEntries(foldOldEntries([...rest.filter((one) => !isOwn(one)), entry]));
}

const EMPTY_OBJECT: JsonObject = {};
