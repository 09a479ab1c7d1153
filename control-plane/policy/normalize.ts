// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import { findClosestName } from './closest-name.js';
import { type FieldPath, formatFieldPath } from './field-path.js';
import { isJsonObject, type StructuralSchema } from './structural-schema.js';

/** A field the schema does not know. */
export interface UnknownField {
  readonly field: string;
  /** A known field of the same object with a similar name. */
  readonly suggestion: string | undefined;
}

export interface Normalized {
  readonly value: JsonValue;
  readonly unknown: readonly UnknownField[];
}

/**
 * What Kubernetes does to an object before it validates: drops unknown fields, drops nulls where null is
 * not allowed, fills in the schema's defaults. Values of the wrong type stay, for the validator to name.
 */
export function normalize(schema: StructuralSchema, value: JsonValue): Normalized {
  const unknown: UnknownField[] = [];
  return { value: normalizeValue(schema, value, [], { unknown, fillDefaults: true }), unknown };
}

/** The same without defaults: what a client said about an object, and not more. */
export function normalizePart(schema: StructuralSchema, value: JsonValue): Normalized {
  const unknown: UnknownField[] = [];
  return { value: normalizeValue(schema, value, [], { unknown, fillDefaults: false }), unknown };
}

interface Walk {
  readonly unknown: UnknownField[];
  readonly fillDefaults: boolean;
}

function normalizeValue(
  schema: StructuralSchema,
  value: JsonValue,
  path: FieldPath,
  walk: Walk,
): JsonValue {
  const { items } = schema;
  if (Array.isArray(value)) {
    if (items === undefined) return value;
    return value.map((item, index) => normalizeValue(items, item, [...path, index], walk));
  }
  const hasFields = schema.properties ?? schema.additionalProperties;
  if (!isJsonObject(value) || hasFields === undefined) return value;
  return normalizeObject(schema, value, path, walk);
}

function normalizeObject(
  schema: StructuralSchema,
  value: { readonly [key: string]: JsonValue | undefined },
  path: FieldPath,
  walk: Walk,
): JsonValue {
  const properties = schema.properties ?? {};
  const result: Record<string, JsonValue> = {};
  for (const [key, field] of Object.entries(value)) {
    const fieldSchema = Object.hasOwn(properties, key)
      ? properties[key]
      : schema.additionalProperties;
    if (fieldSchema === undefined) {
      if (schema['x-kubernetes-preserve-unknown-fields']) setOwn(result, key, field ?? null);
      else walk.unknown.push(describeUnknown([...path, key], key, Object.keys(properties)));
      continue;
    }
    if (field === undefined || (field === null && fieldSchema.nullable !== true)) continue;
    setOwn(result, key, normalizeValue(fieldSchema, field, [...path, key], walk));
  }
  if (!walk.fillDefaults) return result;
  for (const [key, fieldSchema] of Object.entries(properties)) {
    if (fieldSchema.default === undefined || Object.hasOwn(result, key)) continue;
    result[key] = normalizeValue(fieldSchema, fieldSchema.default, [...path, key], walk);
  }
  return result;
}

/** Assigns a field even when it is called `__proto__`, which plain assignment would swallow. */
function setOwn(target: Record<string, JsonValue>, key: string, value: JsonValue): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

function describeUnknown(path: FieldPath, key: string, known: readonly string[]): UnknownField {
  return { field: formatFieldPath(path), suggestion: findClosestName(key, known) };
}
