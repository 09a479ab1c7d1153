// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import type { StructuralSchema } from '../policy/structural-schema.js';
import { EMPTY_SET, type FieldSet, isEmptySet, isMember, makeNode } from './field-set.js';
import type { JsonObject } from './json-object.js';
import { shapeOf } from './schema-shape.js';

/** What a value says something about: its leaves, its empty objects, and entries of maps and lists. */
export function fieldsOf(schema: StructuralSchema, object: JsonObject): FieldSet {
  return childrenOf(schema, object, 'said');
}

/** Every step of a value, containers included: what is added when it appears and removed when it goes. */
export function everyFieldOf(schema: StructuralSchema, value: JsonValue): FieldSet {
  return makeNode(true, childrenOf(schema, value, 'all')) ?? EMPTY_SET;
}

function childrenOf(schema: StructuralSchema, value: JsonValue, which: 'said' | 'all'): FieldSet {
  const shape = shapeOf(schema, value);
  const result: Record<string, FieldSet> = {};
  switch (shape.kind) {
    case 'leaf':
      return EMPTY_SET;
    case 'fields':
      for (const [key, field] of Object.entries(value as JsonObject)) {
        const below = childrenOf(shape.schemaOf(key), field, which);
        const self =
          which === 'all' || !shape.isNamed(key) || isOwnedItself(shape.schemaOf(key), field);
        const node = makeNode(self, below);
        if (node !== undefined) result[`f:${key}`] = node;
      }
      return result;
    case 'items':
      for (const item of value as readonly JsonValue[]) {
        const step = shape.stepOf(item);
        if (step === undefined) continue;
        result[step] = makeNode(true, childrenOf(shape.schema, item, which)) ?? EMPTY_SET;
      }
      return result;
  }
}

/** A leaf, or a container that says no more than that it is there. */
function isOwnedItself(schema: StructuralSchema, value: JsonValue): boolean {
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return true;
  return shapeOf(schema, value).kind === 'leaf';
}

/**
 * Whether a step belongs to a set, counting what a named field holds: who owns `.spec.a` keeps `.spec` from being
 * removed. Entries of maps and lists are owned themselves or not at all.
 */
export function isHeld(node: FieldSet | undefined, isNamed: boolean): boolean {
  if (node === undefined) return false;
  return isMember(node) || (isNamed && !isEmptySet(node));
}
