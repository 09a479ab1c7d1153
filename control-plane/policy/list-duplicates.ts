// SPDX-License-Identifier: Apache-2.0
import type { FieldProblem } from '../../shared/errors/heartline-error.js';
import type { JsonValue } from '../log/transaction.js';
import { type FieldPath, formatFieldPath } from './field-path.js';
import { isJsonObject, type StructuralSchema } from './structural-schema.js';

/**
 * Items that are in their list twice although its type says that they are told apart: values of a `set`, keys of a
 * `map`. The API server checks this by `x-kubernetes-list-type` alone, so a CRD needs no rule for it (a rule that
 * compares every item with every other one is more than Kubernetes' cost limit allows in deeper lists).
 */
export function findDuplicates(
  schema: StructuralSchema,
  value: JsonValue | undefined,
  path: FieldPath = [],
): readonly FieldProblem[] {
  if (Array.isArray(value)) return ofList(schema, value as readonly JsonValue[], path);
  if (!isJsonObject(value)) return [];
  return Object.entries(value as { readonly [key: string]: JsonValue }).flatMap(([key, inner]) => {
    const inside = schema.properties?.[key] ?? schema.additionalProperties;
    return inside === undefined ? [] : findDuplicates(inside, inner, [...path, key]);
  });
}

function ofList(
  schema: StructuralSchema,
  items: readonly JsonValue[],
  path: FieldPath,
): readonly FieldProblem[] {
  const inside = schema.items;
  const deeper =
    inside === undefined
      ? []
      : items.flatMap((item, index) => findDuplicates(inside, item, [...path, index]));
  return [...repeats(schema, items, path), ...deeper];
}

function repeats(
  schema: StructuralSchema,
  items: readonly JsonValue[],
  path: FieldPath,
): readonly FieldProblem[] {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'map' && type !== 'set') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const identity = JSON.stringify(type === 'set' ? item : keysOf(item, keys));
    const isRepeated = seen.has(identity);
    seen.add(identity);
    if (!isRepeated) return [];
    return {
      field: formatFieldPath([...path, index]),
      message: `Duplicate value: ${identity}`,
      reason: 'FieldValueDuplicate',
    };
  });
}

function keysOf(item: JsonValue, keys: readonly string[]): JsonValue {
  if (!isJsonObject(item)) return item;
  const object = item as { readonly [key: string]: JsonValue };
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}
