// SPDX-License-Identifier: Apache-2.0
import type { CelInput } from '@bufbuild/cel';
import type { JsonValue } from '../log/transaction.js';
import { isJsonObject, type StructuralSchema } from './structural-schema.js';

/** Words of the CEL language; Kubernetes writes a field of such a name as `__namespace__`. */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** The name of a schema property inside a CEL rule. */
function celFieldName(property: string): string {
  return RESERVED.has(property) ? `__${property}__` : property;
}

/**
 * A valid JSON value as the CEL value that Kubernetes gives to rules: integers are `int`, not `double`,
 * and properties carry their escaped names.
 */
export function toCelValue(schema: StructuralSchema, value: JsonValue): CelInput {
  const isInteger = schema.type === 'integer' || schema['x-kubernetes-int-or-string'] === true;
  if (typeof value === 'number')
    return isInteger && Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) {
    const { items } = schema;
    return value.map((item) => toCelValue(items ?? {}, item));
  }
  if (!isJsonObject(value)) return value as string | boolean | null;
  const fields = new Map<string, CelInput>();
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue;
    const property = schema.properties?.[key];
    const name = property === undefined ? key : celFieldName(key);
    fields.set(name, toCelValue(property ?? schema.additionalProperties ?? {}, field));
  }
  return fields;
}
