// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import type { StructuralSchema } from '../policy/structural-schema.js';
import { fieldOf, isList, isObject } from './json-object.js';

/**
 * How a value is owned: as one piece (`leaf`), field by field (`fields`), or item by item (`items`). Decided by the
 * schema's x-kubernetes-list-type and x-kubernetes-map-type; where a schema says nothing, objects are owned field
 * by field and lists as one piece, as Kubernetes does.
 */
export type Shape =
  | { readonly kind: 'leaf' }
  | {
      readonly kind: 'fields';
      schemaOf(field: string): StructuralSchema;
      /** A field that the schema names is owned through its own fields; an entry of a map is owned itself, too. */
      isNamed(field: string): boolean;
    }
  | {
      readonly kind: 'items';
      readonly schema: StructuralSchema;
      /** The step that names an item; undefined when the item lacks its keys. */
      stepOf(item: JsonValue): string | undefined;
    };

const LEAF: Shape = { kind: 'leaf' };
/** Nothing is known about the value. */
const ANY: StructuralSchema = {};

export function shapeOf(schema: StructuralSchema, value: JsonValue): Shape {
  if (isList(value)) return shapeOfList(schema);
  if (!isObject(value) || schema['x-kubernetes-map-type'] === 'atomic') return LEAF;
  const properties = schema.properties ?? {};
  return {
    kind: 'fields',
    schemaOf: (field) =>
      (Object.hasOwn(properties, field) ? properties[field] : schema.additionalProperties) ?? ANY,
    isNamed: (field) => Object.hasOwn(properties, field),
  };
}

function shapeOfList(schema: StructuralSchema): Shape {
  const items = schema.items ?? ANY;
  switch (schema['x-kubernetes-list-type']) {
    case 'map': {
      const keys = [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort();
      return { kind: 'items', schema: items, stepOf: (item) => mapStep(items, keys, item) };
    }
    case 'set':
      return { kind: 'items', schema: items, stepOf: (item) => `v:${JSON.stringify(item)}` };
    default:
      return LEAF;
  }
}

/** A key that an item leaves out has the schema's default; without one it is left out of the step. */
function mapStep(
  items: StructuralSchema,
  keys: readonly string[],
  item: JsonValue,
): string | undefined {
  if (!isObject(item)) return undefined;
  const named: [string, JsonValue][] = [];
  for (const key of keys) {
    const value = fieldOf(item, key) ?? items.properties?.[key]?.default;
    if (value !== undefined) named.push([key, value]);
  }
  return named.length === 0 ? undefined : `k:${JSON.stringify(Object.fromEntries(named))}`;
}
