// SPDX-License-Identifier: Apache-2.0
import type { ErrorObject } from 'ajv';
import type { FieldProblem } from '../../shared/errors/heartline-error.js';
import { type FieldPath, formatFieldPath } from './field-path.js';
import type { JsonSchema } from './json-schema.js';

/** A problem that the schema found, with the path kept apart so that rules can be skipped there. */
export interface SchemaProblem {
  readonly path: FieldPath;
  readonly problem: FieldProblem;
}

/** Longest value repeated in a message; the rest adds nothing an operator would read. */
const MAX_SHOWN = 80;

/** The value as the operator wrote it, shortened. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

/**
 * ajv's findings in our words: value, limit, and a value that would do. One for each field: the first is
 * about the type or the length, and what follows from it would only be noise.
 */
export function describeSchemaErrors(errors: readonly ErrorObject[]): readonly SchemaProblem[] {
  const problems = new Map<string, SchemaProblem>();
  for (const error of errors) {
    const path = pathOf(error);
    const field = formatFieldPath(path);
    if (!problems.has(field)) problems.set(field, { path, problem: { field, ...describe(error) } });
  }
  return [...problems.values()];
}

function pathOf(error: ErrorObject): FieldPath {
  const parent = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : unescapePointer(step)));
  return error.keyword === 'required' ? [...parent, error.params['missingProperty']] : parent;
}

/** RFC 6901 section 3. */
function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function describe(error: ErrorObject): { message: string; reason: string } {
  const schema = (error.parentSchema ?? {}) as JsonSchema;
  switch (error.keyword) {
    case 'required': {
      const properties = schema['properties'] as Record<string, JsonSchema> | undefined;
      const missing = properties?.[error.params['missingProperty']] ?? {};
      const hint = example(missing).replace(', ', ': ');
      return { message: `Required value${hint}`, reason: 'FieldValueRequired' };
    }
    case 'enum': {
      const allowed = (error.params['allowedValues'] as unknown[]).map(showValue).join(', ');
      return refuse(error, `supported values: ${allowed}`, 'FieldValueNotSupported');
    }
    case 'type': {
      const types = [schema['type']].flat().map((type) => TYPE_WORDS[String(type)] ?? String(type));
      return refuse(
        error,
        `must be ${types.join(' or ')}${example(schema)}`,
        'FieldValueTypeInvalid',
      );
    }
    case 'pattern': {
      const wanted = schema['title']
        ? `${schema['title']} (${schema['pattern']})`
        : `text that matches ${schema['pattern']}`;
      return refuse(error, `must be ${wanted}${example(schema)}`);
    }
    case 'minimum':
    case 'maximum':
      return refuse(error, `must be ${bounds(schema, 'minimum', 'maximum')}${example(schema)}`);
    case 'minLength':
    case 'maxLength':
      return refuse(
        error,
        `must have ${bounds(schema, 'minLength', 'maxLength')} characters${example(schema)}`,
        tooLong(error),
      );
    case 'minItems':
    case 'maxItems':
      return count(error, `must have ${bounds(schema, 'minItems', 'maxItems')} items`);
    case 'maxProperties':
      return count(error, `must have ${bounds(schema, 'minProperties', 'maxProperties')} entries`);
    default:
      return refuse(error, `${error.message ?? error.keyword}${example(schema)}`);
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
};

function refuse(
  error: ErrorObject,
  expectation: string,
  reason = 'FieldValueInvalid',
): { message: string; reason: string } {
  const schema = (error.parentSchema ?? {}) as JsonSchema;
  const value = schema['writeOnly'] === true ? undefined : showValue(error.data);
  return { message: describeRefusal(reason, value, expectation), reason };
}

function count(error: ErrorObject, expectation: string): { message: string; reason: string } {
  const size = Object.keys(error.data as object).length;
  const reason = error.keyword.startsWith('max') ? 'FieldValueTooMany' : 'FieldValueInvalid';
  return { message: describeRefusal(reason, String(size), expectation), reason };
}

/** How Kubernetes begins the message of a cause, by its reason. */
const HEADS: Readonly<Record<string, string>> = {
  FieldValueNotSupported: 'Unsupported value',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
};

/** `Invalid value: 0: must be from 1 to 64`, as every client of Kubernetes knows it; no value for a secret one. */
export function describeRefusal(
  reason: string,
  value: string | undefined,
  expectation: string,
): string {
  const head = HEADS[reason] ?? 'Invalid value';
  if (value === undefined || reason === 'FieldValueTooLong') return `${head}: ${expectation}`;
  return `${head}: ${value}: ${expectation}`;
}

function tooLong(error: ErrorObject): string {
  return error.keyword === 'maxLength' ? 'FieldValueTooLong' : 'FieldValueInvalid';
}

function bounds(schema: JsonSchema, low: string, high: string): string {
  const [min, max] = [schema[low], schema[high]];
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  return min === undefined ? `at most ${max}` : `at least ${min}`;
}

function example(schema: JsonSchema): string {
  const examples = schema['examples'] as unknown[] | undefined;
  const values = examples ?? (schema['enum'] as unknown[] | undefined);
  return values?.length ? `, for example ${plain(values[0])}` : '';
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
