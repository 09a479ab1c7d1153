// SPDX-License-Identifier: Apache-2.0
import type { StructuralSchema } from '../policy/structural-schema.js';
import { compareObjects } from './compare-values.js';
import {
  differenceOf,
  equalSets,
  type FieldSet,
  intersectionOf,
  isEmptySet,
  listPaths,
  unionOf,
} from './field-set.js';
import { fieldsOf } from './fields-of.js';
import type { JsonObject } from './json-object.js';
import {
  isEntryOf,
  type ManagedFieldsEntry,
  newEntry,
  ownedByAny,
  sortEntries,
  type Writer,
} from './manager.js';
import { mergeObjects } from './merge-values.js';
import { NOBODYS, type OwnedPart, ownedPart } from './owned-part.js';
import { pruneFields } from './prune-fields.js';

export interface ApplyInput {
  readonly schema: StructuralSchema;
  /** The stored object; `{}` when there is none. */
  readonly live: JsonObject;
  /** What the manager says, all of it: what it said before and leaves out now, it gives up. */
  readonly wanted: JsonObject;
  readonly managers: readonly ManagedFieldsEntry[];
  readonly writer: Writer;
  readonly part: OwnedPart;
  /** Takes over what others own, instead of a conflict. */
  readonly force: boolean;
  /** Fields of others that may be taken over all the same: what kubectl's client-side apply wrote. */
  readonly mayTake?: FieldSet;
}

/** A field that another manager owns with another value. */
export interface FieldConflict {
  readonly owner: ManagedFieldsEntry;
  /** As Kubernetes writes it: `.spec.listeners[name="http"].port`. */
  readonly path: string;
}

export type ApplyOutcome =
  | {
      readonly ok: true;
      readonly object: JsonObject;
      readonly managers: readonly ManagedFieldsEntry[];
    }
  | { readonly ok: false; readonly conflicts: readonly FieldConflict[] };

/**
 * Server-side apply. The manager owns exactly what it says. Fields it said before are removed when nobody else owns
 * them; fields that others own with another value are conflicts, and then nothing is changed. An equal value is
 * shared.
 */
export function applyObject(input: ApplyInput): ApplyOutcome {
  const { schema, live, wanted, managers, writer, part, force } = input;
  const isOwn = isEntryOf(writer, 'Apply');
  const last = managers.find(isOwn);
  const others = managers.filter((entry) => !isOwn(entry));
  const said = ownedPart(fieldsOf(schema, wanted), part);
  const owned = unionOf(unionOf(said, NOBODYS), ownedByAny(others));
  const merged = mergeObjects(schema, live, wanted);
  const object = last === undefined ? merged : pruneFields(schema, merged, last.fieldsV1, owned);

  const found = compareObjects(schema, live, object);
  const changed = unionOf(found.added, found.modified);
  const conflicts = others.flatMap((owner) => conflictsWith(owner, changed, input.mayTake));
  if (!force && conflicts.length > 0) return { ok: false, conflicts };

  const gone = unionOf(changed, found.removed);
  const rest = others.map((entry) => {
    const fieldsV1 = differenceOf(entry.fieldsV1, gone);
    return equalSets(fieldsV1, entry.fieldsV1) ? entry : { ...entry, fieldsV1 };
  });
  const isSame = isEmptySet(gone) && last !== undefined && equalSets(last.fieldsV1, said);
  const own = isSame ? last : newEntry(writer, 'Apply', said);
  return { ok: true, object, managers: sortEntries([...rest, own]) };
}

function conflictsWith(
  owner: ManagedFieldsEntry,
  changed: FieldSet,
  mayTake: FieldSet = {},
): readonly FieldConflict[] {
  const taken = differenceOf(intersectionOf(owner.fieldsV1, changed), mayTake);
  return listPaths(taken).map((path) => ({ owner, path }));
}
