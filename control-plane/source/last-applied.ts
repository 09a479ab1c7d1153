// SPDX-License-Identifier: Apache-2.0
import { jsonEqual } from '../log/json-equal.js';
import type { JsonValue } from '../log/transaction.js';
import { EMPTY_SET, type FieldSet, isMember, makeNode } from '../merge/field-set.js';
import { fieldsOf } from '../merge/fields-of.js';
import { fieldOf, isObject, type JsonObject } from '../merge/json-object.js';
import type { StructuralSchema } from '../policy/structural-schema.js';

/** The manager name of `kubectl apply --server-side`, which takes over from its own client-side apply. */
export const KUBECTL = 'kubectl';

/** Where client-side apply keeps what it applied last. */
const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
/** Kubernetes' limit for all annotations; a larger copy is left out rather than refused. */
const MAX_BYTES = 262_144;

/**
 * The fields that client-side apply wrote and nobody changed since: kubectl may own them through server-side apply
 * without a conflict with itself.
 */
export function fieldsOfLastApplied(schema: StructuralSchema, live: JsonObject): FieldSet {
  const applied = readLastApplied(live);
  if (applied === undefined) return EMPTY_SET;
  return keepEqual(fieldsOf(schema, applied), applied, live);
}

/** An object that carries the annotation goes on carrying what was applied last, in whichever way. */
export function withLastApplied(
  live: JsonObject,
  object: JsonObject,
  wanted: JsonObject,
): JsonObject {
  if (annotationsOf(live)?.[ANNOTATION] === undefined) return object;
  const metadata = object['metadata'] as JsonObject;
  const text = `${JSON.stringify(sortKeys(withoutAnnotation(wanted)))}\n`;
  const { [ANNOTATION]: _, ...others } = annotationsOf(object) ?? {};
  const fits = Buffer.byteLength(text) <= MAX_BYTES;
  const annotations = fits ? { ...others, [ANNOTATION]: text } : others;
  return { ...object, metadata: { ...metadata, annotations } };
}

function withoutAnnotation(wanted: JsonObject): JsonObject {
  const { metadata } = wanted;
  if (!isObject(metadata)) return wanted;
  const { [ANNOTATION]: _, ...annotations } = annotationsOf(wanted) ?? {};
  const { annotations: __, ...others } = metadata;
  const isEmpty = Object.keys(annotations).length === 0;
  return { ...wanted, metadata: isEmpty ? others : { ...others, annotations } };
}

/** As kubectl writes the annotation, so that it changes only when what was applied does. */
function sortKeys<T extends JsonValue>(value: T): T {
  if (Array.isArray(value)) return value.map(sortKeys) as unknown as T;
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)])) as T;
}

function annotationsOf({ metadata }: JsonObject): JsonObject | undefined {
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  return isObject(annotations) ? annotations : undefined;
}

function readLastApplied(live: JsonObject): JsonObject | undefined {
  const text = annotationsOf(live)?.[ANNOTATION];
  if (typeof text !== 'string') return undefined;
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch {
    // Anybody can write an annotation; what is no JSON allows nothing.
    return undefined;
  }
}

/** Members whose values are the same in both; lists are compared as one piece. */
function keepEqual(set: FieldSet, applied: JsonObject, live: JsonObject): FieldSet {
  const kept: Record<string, FieldSet> = {};
  for (const [step, node] of Object.entries(set)) {
    if (!step.startsWith('f:')) continue;
    const [was, is] = [fieldOf(applied, step.slice(2)), fieldOf(live, step.slice(2))];
    if (was === undefined || is === undefined) continue;
    if (jsonEqual(was, is)) kept[step] = node;
    else if (isObject(was) && isObject(is)) {
      const below = makeNode(isMember(node), keepEqual(node, was, is));
      if (below !== undefined) kept[step] = below;
    }
  }
  return kept;
}
