// SPDX-License-Identifier: Apache-2.0
import type { StructuralSchema } from './structural-schema.js';

/** Keywords that mean the same in both languages and are copied as they are. */
const SHARED_KEYWORDS = [
  'required',
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'writeOnly',
] as const;

export interface JsonSchema {
  [keyword: string]: unknown;
}

/**
 * The JSON schema of a structural schema, for ajv. `title` and `example` come along: messages use them.
 * Formats are left out: every integer of our CRDs carries its bounds.
 */
export function toJsonSchema(schema: StructuralSchema): JsonSchema {
  const result: JsonSchema = {};
  const type = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type;
  if (type !== undefined) result['type'] = schema.nullable ? [type, 'null'].flat() : type;
  for (const keyword of SHARED_KEYWORDS) {
    if (schema[keyword] !== undefined) result[keyword] = schema[keyword];
  }
  if (schema.title !== undefined) result['title'] = schema.title;
  if (schema.example !== undefined) result['examples'] = [schema.example];
  if (schema.items) result['items'] = toJsonSchema(schema.items);
  if (schema.additionalProperties) {
    result['additionalProperties'] = toJsonSchema(schema.additionalProperties);
  }
  if (schema.properties) {
    result['properties'] = Object.fromEntries(
      Object.entries(schema.properties).map(([name, field]) => [name, toJsonSchema(field)]),
    );
  }
  return result;
}
