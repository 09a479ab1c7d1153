// SPDX-License-Identifier: Apache-2.0
import { jsonEqual } from '../log/json-equal.js';
import type { JsonValue } from '../log/transaction.js';
import type { StructuralSchema } from '../policy/structural-schema.js';
import { fieldOf, isList, isObject, type JsonObject, withField } from './json-object.js';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const ORDER = '$setElementOrder/';
const DELETE_FROM = '$deleteFromPrimitiveList/';

/**
 * A strategic merge patch, which kubectl sends for the kinds that are built into Kubernetes: a merge patch whose lists
 * merge item by item where the schema names a merge key (`x-kubernetes-patch-merge-key`), with directives to replace,
 * to delete and to order. Lists without a merge key are replaced.
 */
export function applyStrategicMergePatch(
  schema: StructuralSchema,
  target: JsonObject,
  patch: JsonObject,
): JsonObject {
  const { [DIRECTIVE]: directive, [RETAIN_KEYS]: retained, ...fields } = patch;
  if (directive === 'replace') return fields;
  if (directive === 'delete') return {};
  const result: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(target)) {
    if (isList(retained) && !retained.includes(key)) continue;
    withField(result, key, value);
  }
  for (const [key, change] of Object.entries(fields)) {
    if (key.startsWith(ORDER)) continue;
    if (key.startsWith(DELETE_FROM)) removeValues(result, key.slice(DELETE_FROM.length), change);
    else if (change === null) delete result[key];
    else {
      const own = schemaOf(schema, key);
      const order = fieldOf(patch, `${ORDER}${key}`);
      withField(result, key, patchField(own, fieldOf(result, key), change, order));
    }
  }
  return result;
}

function patchField(
  schema: StructuralSchema,
  before: JsonValue | undefined,
  change: JsonValue,
  order: JsonValue | undefined,
): JsonValue {
  if (isObject(change)) {
    return applyStrategicMergePatch(schema, isObject(before) ? before : {}, change);
  }
  const mergeKey = schema['x-kubernetes-patch-merge-key'];
  if (!isList(change) || mergeKey === undefined) return change;
  const merged = patchItems(schema, mergeKey, isList(before) ? before : [], change);
  return isList(order) ? inOrder(merged, mergeKey, order) : merged;
}

function patchItems(
  schema: StructuralSchema,
  mergeKey: string,
  before: readonly JsonValue[],
  changes: readonly JsonValue[],
): readonly JsonValue[] {
  const isReplaced = changes.some(
    (one) => directiveOf(one) === 'replace' && keyOf(one, mergeKey) === undefined,
  );
  if (isReplaced) return changes.filter((one) => directiveOf(one) !== 'replace');
  const items = [...before];
  for (const change of changes) {
    const key = keyOf(change, mergeKey);
    const place = items.findIndex((item) => jsonEqual(keyOf(item, mergeKey), key));
    const found = items[place];
    if (directiveOf(change) === 'delete') {
      if (found !== undefined) items.splice(place, 1);
    } else if (isObject(found) && isObject(change)) {
      items[place] = applyStrategicMergePatch(schema.items ?? {}, found, change);
    } else {
      items.push(
        isObject(change) ? applyStrategicMergePatch(schema.items ?? {}, {}, change) : change,
      );
    }
  }
  return items;
}

/** Items that the order names, as it names them, and then the others. */
function inOrder(
  items: readonly JsonValue[],
  mergeKey: string,
  order: readonly JsonValue[],
): readonly JsonValue[] {
  const placeOf = (item: JsonValue): number => {
    const key = keyOf(item, mergeKey);
    const place = order.findIndex((one) => jsonEqual(keyOf(one, mergeKey), key));
    return place < 0 ? order.length : place;
  };
  return items.toSorted((a, b) => placeOf(a) - placeOf(b));
}

function removeValues(target: Record<string, JsonValue>, field: string, values: JsonValue): void {
  const list = fieldOf(target, field);
  if (!isList(list) || !isList(values)) return;
  withField(
    target,
    field,
    list.filter((item) => !values.some((one) => jsonEqual(one, item))),
  );
}

function schemaOf(schema: StructuralSchema, field: string): StructuralSchema {
  const { properties = {} } = schema;
  return (Object.hasOwn(properties, field) ? properties[field] : schema.additionalProperties) ?? {};
}

function keyOf(item: JsonValue, mergeKey: string): JsonValue | undefined {
  return isObject(item) ? fieldOf(item, mergeKey) : undefined;
}

function directiveOf(item: JsonValue): JsonValue | undefined {
  return isObject(item) ? fieldOf(item, DIRECTIVE) : undefined;
}
