// SPDX-License-Identifier: Apache-2.0

import type { JsonValue } from '../../control-plane/log/transaction.js';
import type { FieldPath } from '../../control-plane/policy/field-path.js';
import {
  isJsonObject,
  type StructuralSchema,
} from '../../control-plane/policy/structural-schema.js';

const KEYWORDS = [
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
] as const;

/** One limit that a schema sets, at one place of it. */
export interface SchemaLimit {
  /** `spec.targetRefs[].name`. */
  readonly field: string;
  readonly keyword: (typeof KEYWORDS)[number] | 'required';
  readonly schema: StructuralSchema;
}

/** Where a value comes to a limit: the value, and its place in the object. */
export interface LimitVisit {
  readonly limit: SchemaLimit;
  readonly path: FieldPath;
}

export function limitId({ field, keyword }: SchemaLimit): string {
  return `${field} ${keyword}`;
}

/** Every limit that admission keeps: it leaves status out. */
export function admissionLimits(schema: StructuralSchema): readonly SchemaLimit[] {
  return listLimits(schema).filter(({ field }) => !field.startsWith('status.'));
}

/** Every limit of a schema; a required field is a limit of its own. */
function listLimits(schema: StructuralSchema, field = ''): readonly SchemaLimit[] {
  const own = KEYWORDS.filter((keyword) => schema[keyword] !== undefined).map(
    (keyword): SchemaLimit => ({ field, keyword, schema }),
  );
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, next]) => {
    const at = field === '' ? name : `${field}.${name}`;
    const required = schema.required?.includes(name)
      ? [{ field: at, keyword: 'required', schema: next } as const]
      : [];
    return [...required, ...listLimits(next, at)];
  });
  const inner = [schema.items, schema.additionalProperties].flatMap((next) =>
    next === undefined ? [] : listLimits(next, `${field}[]`),
  );
  return [...own, ...fields, ...inner];
}

/** Every limit that a value is measured by. */
export function visitLimits(
  schema: StructuralSchema,
  value: JsonValue,
  field = '',
  path: FieldPath = [],
): readonly LimitVisit[] {
  const own = KEYWORDS.filter((keyword) => isMeasured(schema, keyword, value)).map(
    (keyword): LimitVisit => ({ limit: { field, keyword, schema }, path }),
  );
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return own;
    const inner = value.flatMap((item, at) =>
      visitLimits(items, item, `${field}[]`, [...path, at]),
    );
    return [...own, ...inner];
  }
  if (!isJsonObject(value)) return own;
  const inner = Object.entries(value).flatMap(([name, next]) => {
    if (next === undefined) return [];
    const known = schema.properties?.[name];
    if (known === undefined) {
      const any = schema.additionalProperties;
      return any === undefined ? [] : visitLimits(any, next, `${field}[]`, [...path, name]);
    }
    const at = field === '' ? name : `${field}.${name}`;
    const isRequired = schema.required?.includes(name) && known.default === undefined;
    const required: LimitVisit[] = isRequired
      ? [{ limit: { field: at, keyword: 'required', schema: known }, path: [...path, name] }]
      : [];
    return [...required, ...visitLimits(known, next, at, [...path, name])];
  });
  return [...own, ...inner];
}

const MEASURES: Readonly<Record<(typeof KEYWORDS)[number], (value: JsonValue) => boolean>> = {
  enum: (value) => typeof value === 'string' || typeof value === 'number',
  pattern: (value) => typeof value === 'string',
  minimum: (value) => typeof value === 'number',
  maximum: (value) => typeof value === 'number',
  minLength: (value) => typeof value === 'string',
  maxLength: (value) => typeof value === 'string',
  minItems: Array.isArray,
  maxItems: Array.isArray,
  maxProperties: isJsonObject,
};

function isMeasured(
  schema: StructuralSchema,
  keyword: (typeof KEYWORDS)[number],
  value: JsonValue,
): boolean {
  return schema[keyword] !== undefined && MEASURES[keyword](value);
}

/** A copy of the object in which one value breaks the limit by as little as can be. */
export function breakLimit(object: JsonValue, { limit, path }: LimitVisit): JsonValue {
  const copy = structuredClone(object);
  let parent = copy as { [step: string]: JsonValue };
  for (const step of path.slice(0, -1)) parent = parent[step] as typeof parent;
  const last = path.at(-1) ?? '';
  if (limit.keyword === 'required') delete parent[last];
  else parent[last] = brokenValue(limit.schema, limit.keyword, parent[last] ?? null);
  return copy;
}

function brokenValue(
  schema: StructuralSchema,
  keyword: (typeof KEYWORDS)[number],
  value: JsonValue,
): JsonValue {
  const { minimum = 0, maximum = 0, minLength = 0, maxLength = 0 } = schema;
  switch (keyword) {
    case 'enum':
      return typeof value === 'number' ? -1 : 'NoSuchValue';
    case 'pattern':
      return textAgainst(new RegExp(schema.pattern ?? '', 'u'));
    case 'minimum':
      return minimum - 1;
    case 'maximum':
      return maximum + 1;
    case 'minLength':
      return 'a'.repeat(minLength - 1);
    case 'maxLength':
      return 'a'.repeat(maxLength + 1);
    case 'minItems':
      return (value as JsonValue[]).slice(0, (schema.minItems ?? 0) - 1);
    case 'maxItems':
      return Array.from(
        { length: (schema.maxItems ?? 0) + 1 },
        () => (value as JsonValue[])[0] ?? null,
      );
    case 'maxProperties': {
      const [first = 'a'] = Object.values(value as { [key: string]: JsonValue });
      const keys = Array.from({ length: (schema.maxProperties ?? 0) + 1 }, (_, at) => `k${at}`);
      return Object.fromEntries(keys.map((key) => [key, first]));
    }
  }
}

const ODD_TEXTS = ['\u0001', ' ', '-', '{', 'a b'];

function textAgainst(pattern: RegExp): string {
  const found = ODD_TEXTS.find((text) => !pattern.test(text));
  if (found === undefined) throw new TypeError(`no odd text breaks ${pattern}`);
  return found;
}
