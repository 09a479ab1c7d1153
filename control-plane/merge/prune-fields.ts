// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import type { StructuralSchema } from '../policy/structural-schema.js';
import type { FieldSet } from './field-set.js';
import { isHeld } from './fields-of.js';
import { type JsonObject, withField } from './json-object.js';
import { shapeOf } from './schema-shape.js';

/**
 * `object` without the fields that a manager gave up: those in `last`, what it owned before, and not in `owned`, what
 * anybody owns now. What nobody ever owned stays.
 */
export function pruneFields(
  schema: StructuralSchema,
  object: JsonObject,
  last: FieldSet,
  owned: FieldSet,
): JsonObject {
  return prune(schema, object, last, owned) as JsonObject;
}

function prune(
  schema: StructuralSchema,
  value: JsonValue,
  last: FieldSet | undefined,
  owned: FieldSet | undefined,
): JsonValue {
  if (last === undefined) return value;
  const shape = shapeOf(schema, value);
  switch (shape.kind) {
    case 'leaf':
      return value;
    case 'fields': {
      const result: Record<string, JsonValue> = {};
      for (const [key, field] of Object.entries(value as JsonObject)) {
        const [was, is] = [last[`f:${key}`], owned?.[`f:${key}`]];
        const isNamed = shape.isNamed(key);
        if (isHeld(was, isNamed) && !isHeld(is, isNamed)) continue;
        withField(result, key, prune(shape.schemaOf(key), field, was, is));
      }
      return result;
    }
    case 'items':
      return (value as readonly JsonValue[]).flatMap((item) => {
        const step = shape.stepOf(item);
        if (step === undefined) return [item];
        const [was, is] = [last[step], owned?.[step]];
        if (isHeld(was, false) && !isHeld(is, false)) return [];
        return [prune(shape.schema, item, was, is)];
      });
  }
}
