// SPDX-License-Identifier: Apache-2.0
import { jsonEqual } from '../log/json-equal.js';
import type { JsonValue } from '../log/transaction.js';
import type { StructuralSchema } from '../policy/structural-schema.js';
import { EMPTY_SET, type FieldSet, isEmptySet } from './field-set.js';
import { everyFieldOf } from './fields-of.js';
import { fieldOf, type JsonObject } from './json-object.js';
import { type Shape, shapeOf } from './schema-shape.js';

/** The fields in which one object differs from another. */
export interface Difference {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Two objects by the same schema, field by field. Values that are the same object are not looked into. */
export function compareObjects(
  schema: StructuralSchema,
  before: JsonObject,
  after: JsonObject,
): Difference {
  const found = compare(schema, before, after);
  return found === CHANGED ? SAME : found;
}

const SAME: Difference = { added: EMPTY_SET, modified: EMPTY_SET, removed: EMPTY_SET };
/** A leaf with another value. */
const CHANGED = 'changed';

type Found = Difference | typeof CHANGED;

function compare(schema: StructuralSchema, before: JsonValue, after: JsonValue): Found {
  if (before === after) return SAME;
  const [was, is] = [shapeOf(schema, before), shapeOf(schema, after)];
  if (was.kind !== is.kind || was.kind === 'leaf' || is.kind === 'leaf') {
    return jsonEqual(before, after) ? SAME : CHANGED;
  }
  const older = stepsOf(was, before);
  const newer = stepsOf(is, after);
  const added: Record<string, FieldSet> = {};
  const modified: Record<string, FieldSet> = {};
  const removed: Record<string, FieldSet> = {};
  for (const [step, { schema: own, value }] of newer) {
    const other = older.get(step);
    if (other === undefined) {
      added[step] = everyFieldOf(own, value);
      continue;
    }
    const found = compare(own, other.value, value);
    if (found === CHANGED) modified[step] = EMPTY_SET;
    else {
      if (!isEmptySet(found.added)) added[step] = found.added;
      if (!isEmptySet(found.modified)) modified[step] = found.modified;
      if (!isEmptySet(found.removed)) removed[step] = found.removed;
    }
  }
  for (const [step, { schema: own, value }] of older) {
    if (!newer.has(step)) removed[step] = everyFieldOf(own, value);
  }
  return { added, modified, removed };
}

interface Child {
  readonly schema: StructuralSchema;
  readonly value: JsonValue;
}

/** The children of a container by their steps; the first of several items with one step counts. */
function stepsOf(shape: Shape, value: JsonValue): ReadonlyMap<string, Child> {
  const steps = new Map<string, Child>();
  if (shape.kind === 'fields') {
    const object = value as JsonObject;
    for (const key of Object.keys(object)) {
      const field = fieldOf(object, key);
      if (field !== undefined) steps.set(`f:${key}`, { schema: shape.schemaOf(key), value: field });
    }
  } else if (shape.kind === 'items') {
    for (const item of value as readonly JsonValue[]) {
      const step = shape.stepOf(item);
      if (step !== undefined && !steps.has(step)) {
        steps.set(step, { schema: shape.schema, value: item });
      }
    }
  }
  return steps;
}
