// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import type { StructuralSchema } from '../policy/structural-schema.js';
import { fieldOf, type JsonObject, withField } from './json-object.js';
import { type Shape, shapeOf } from './schema-shape.js';

/** `live` with everything that `wanted` says: objects field by field, map lists and sets item by item. */
export function mergeObjects(
  schema: StructuralSchema,
  live: JsonObject,
  wanted: JsonObject,
): JsonObject {
  return merge(schema, live, wanted) as JsonObject;
}

function merge(schema: StructuralSchema, live: JsonValue, wanted: JsonValue): JsonValue {
  if (live === wanted) return live;
  const shape = shapeOf(schema, wanted);
  if (shape.kind !== shapeOf(schema, live).kind) return wanted;
  switch (shape.kind) {
    case 'leaf':
      return wanted;
    case 'fields':
      return mergeFields(shape, live as JsonObject, wanted as JsonObject);
    case 'items':
      return mergeItems(shape, live as readonly JsonValue[], wanted as readonly JsonValue[]);
  }
}

function mergeFields(
  shape: Shape & { kind: 'fields' },
  live: JsonObject,
  wanted: JsonObject,
): JsonObject {
  const result: Record<string, JsonValue> = { ...live };
  for (const [key, value] of Object.entries(wanted)) {
    const before = fieldOf(live, key);
    const after = before === undefined ? value : merge(shape.schemaOf(key), before, value);
    withField(result, key, after);
  }
  return result;
}

/** The items of both, those of `wanted` in its order. */
function mergeItems(
  shape: Shape & { kind: 'items' },
  live: readonly JsonValue[],
  wanted: readonly JsonValue[],
): readonly JsonValue[] {
  const before = byStep(shape, live);
  const after = byStep(shape, wanted);
  return orderSteps([...before.keys()], [...after.keys()]).flatMap((step) => {
    const [older, newer] = [before.get(step), after.get(step)];
    if (newer === undefined) return older === undefined ? [] : [older];
    return [older === undefined ? newer : merge(shape.schema, older, newer)];
  });
}

/**
 * Steps of two lists as one: `wanted` keeps its order, and what only `live` has stands where it stood, as near as
 * that order allows. Clients see lists merged by another server in the same order.
 */
function orderSteps(live: readonly string[], wanted: readonly string[]): readonly string[] {
  const isLive = new Set(live);
  const isWanted = new Set(wanted);
  const shared = wanted.filter((step) => isLive.has(step));
  const order: string[] = [];
  let [l, w, s] = [0, 0, 0];
  while (l < live.length || w < wanted.length) {
    const [left, right] = [live[l], wanted[w]];
    if (left !== undefined && !isWanted.has(left)) {
      order.push(left);
      l += 1;
    } else if (
      left !== undefined &&
      (right === undefined || (left !== right && left !== shared[s]))
    ) {
      // Both lists have it, and its turn in `wanted` is another one.
      l += 1;
    } else if (right !== undefined) {
      order.push(right);
      if (left === right) l += 1;
      if (right === shared[s]) s += 1;
      w += 1;
    }
  }
  return order;
}

/** Items without their keys cannot be told apart, and none is lost: each gets a step of its own. */
function byStep(
  shape: Shape & { kind: 'items' },
  items: readonly JsonValue[],
): ReadonlyMap<string, JsonValue> {
  const steps = new Map<string, JsonValue>();
  items.forEach((item, index) => {
    const step = shape.stepOf(item);
    steps.set(step === undefined || steps.has(step) ? `i:${index}` : step, item);
  });
  return steps;
}
