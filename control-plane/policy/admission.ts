// SPDX-License-Identifier: Apache-2.0
import { Ajv, type ValidateFunction } from 'ajv';
import { type FieldProblem, HeartlineError } from '../../shared/errors/heartline-error.js';
import { compareText } from '../../shared/names/sort.js';
import type { JsonValue } from '../log/transaction.js';
import { ownershipSchema } from '../merge/ownership-schema.js';
import { compileRules, evaluateRules, type RuleTree } from './cel-rules.js';
import { type FieldPath, formatFieldPath } from './field-path.js';
import { toJsonSchema } from './json-schema.js';
import { apiVersionOf, type Kind, kindWord } from './kinds.js';
import type { KubeObject } from './kube-object.js';
import { admissionWarnings, type LintContext } from './lint/lint-object.js';
import { findDuplicates } from './list-duplicates.js';
import { readMetadata, withoutBookkeeping } from './metadata.js';
import { isNestedDeeper } from './nesting.js';
import { normalize, normalizePart, type UnknownField } from './normalize.js';
import { describeRefusal, describeSchemaErrors, showValue } from './schema-problems.js';
import { foldStringData } from './secret-data.js';
import { type Crd, isJsonObject, type StructuralSchema } from './structural-schema.js';

/** What to do with fields the schema does not know: refuse, drop and say so, drop. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface Admitted {
  /** Defaults filled in, unknown fields and status left out. */
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

export interface AdmissionOptions {
  readonly fieldValidation: FieldValidation;
  /** What warnings may depend on beside the object. Default: nothing is known. */
  readonly lint?: LintContext;
  /** The object is a patched one: what it must not have is the patch's fault. Default: false. */
  readonly isPatched?: boolean;
  /** Fields that the client's text had more than once. Default: none. */
  readonly duplicateFields?: readonly string[];
}

/** What a client says about an object when it does not say all of it. */
export interface SaidPart {
  /** Without unknown fields, and without defaults. */
  readonly value: { readonly [key: string]: JsonValue };
  readonly warnings: readonly string[];
}

export interface AdmittedStatus {
  readonly status: JsonValue | undefined;
  readonly warnings: readonly string[];
}

export interface Admission {
  /**
   * Checks an object that a client sent. Throws HeartlineError INVALID_ARGUMENT for another apiVersion or
   * kind and for unknown fields under Strict, INVALID_OBJECT with every other problem.
   */
  admit(kind: Kind, object: unknown, options: AdmissionOptions): Admitted;
  /** Checks the status of an object, and nothing else of it; the same errors. */
  admitStatus(kind: Kind, object: unknown, options: AdmissionOptions): AdmittedStatus;
  /** Reads what is applied to an object: its fields are known, its values are not checked yet. */
  readPart(kind: Kind, object: unknown, options: AdmissionOptions): SaidPart;
  /** How objects of the kind are merged and owned. */
  ownershipSchema(kind: Kind): StructuralSchema;
}

/** Compiles the schemas and rules of these files (see `load-crds.ts`) once, to be evaluated for every object. */
export function createAdmission(crds: readonly Crd[]): Admission {
  // The schemas are our own files and tests load them all; checking them against the meta-schema at every
  // start would cost 60 ms.
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    meta: false,
    validateSchema: false,
  });
  const schemas = new Map<string, StructuralSchema>();
  for (const { spec } of crds) {
    for (const { name: version, schema } of spec.versions) {
      const apiVersion = spec.group === '' ? version : `${spec.group}/${version}`;
      schemas.set(`${apiVersion} ${spec.names.kind}`, schema.openAPIV3Schema);
    }
  }
  // Compiled when the first object of the kind comes: a lint of one policy needs one schema, not all of them.
  const validators = new Map<Kind, KindValidator>();
  const find = (kind: Kind): KindValidator => {
    const known = validators.get(kind);
    if (known !== undefined) return known;
    const schema = schemas.get(`${apiVersionOf(kind)} ${kind.kind}`);
    if (schema === undefined) {
      throw new HeartlineError('CONFIG', `no CRD file for ${apiVersionOf(kind)} ${kind.kind}`);
    }
    const validator = compile(ajv, schema);
    validators.set(kind, validator);
    return validator;
  };
  return {
    admit: (kind, object, options) => admit(kind, find(kind), readHead(kind, object), options),
    admitStatus: (kind, object, options) =>
      admitStatus(kind, find(kind), readHead(kind, object), options),
    readPart: (kind, object, options) =>
      readPart(kind, find(kind), readHead(kind, object), options),
    ownershipSchema: (kind) => find(kind).ownership,
  };
}

interface KindValidator {
  readonly schema: StructuralSchema;
  readonly validate: ValidateFunction;
  readonly rules: RuleTree | undefined;
  readonly ownership: StructuralSchema;
}

function compile(ajv: Ajv, schema: StructuralSchema): KindValidator {
  return {
    schema,
    validate: ajv.compile(toJsonSchema(schema)),
    rules: compileRules(schema),
    ownership: ownershipSchema(schema),
  };
}

/** Deeper than any object of ours by far; the stack of a recursive walk ends at some thousands. */
const MAX_LEVELS = 100;
/** Problems listed; a reader stops long before. */
const MAX_PROBLEMS = 100;

type RawObject = { readonly [key: string]: JsonValue | undefined };

function readHead(kind: Kind, object: unknown): RawObject {
  if (!isJsonObject(object)) {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      `${showValue(object)} is no object; send apiVersion, kind, metadata and spec`,
    );
  }
  if (isNestedDeeper(object, MAX_LEVELS)) {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      `the object is nested deeper than ${MAX_LEVELS} levels; no field of ${kind.kind} is`,
    );
  }
  const wanted = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  for (const field of ['apiVersion', 'kind'] as const) {
    if (object[field] === wanted[field]) continue;
    const found = object[field] === undefined ? 'is missing' : `is ${showValue(object[field])}`;
    const message = `${found}, must be ${wanted[field]}`;
    throw new HeartlineError('INVALID_ARGUMENT', `${field} ${message}`, {
      problems: [{ field, message, reason: 'FieldValueInvalid' }],
    });
  }
  return object;
}

function admit(
  kind: Kind,
  validator: KindValidator,
  raw: RawObject,
  options: AdmissionOptions,
): Admitted {
  const head = readMetadata(kind, raw['metadata']);
  // Status has a path of its own in the API, so whatever came along is not looked at.
  const { metadata: _, status: __, ...body } = raw;
  const { value, unknown } = normalize(validator.schema, body as JsonValue);
  const unknownFields = [...unknown, ...head.unknown];
  const dropped = handleUnknown(kind, raw, unknownFields, options);
  const problems = [...head.problems, ...validate(validator, value)];
  if (problems.length > 0) throw invalidObject(kind, head.metadata, problems);

  const { apiVersion, kind: word, ...rest } = value as { [key: string]: JsonValue };
  const object = foldStringData({
    ...{ apiVersion, kind: word, metadata: head.metadata },
    ...rest,
  } as KubeObject);
  const linted = admissionWarnings(object, options.lint);
  return { object, warnings: [...dropped, ...head.warnings, ...linted] };
}

function admitStatus(
  kind: Kind,
  validator: KindValidator,
  raw: RawObject,
  options: AdmissionOptions,
): AdmittedStatus {
  const { metadata, ...body } = raw;
  const { value, unknown } = normalize(validator.schema, body as JsonValue);
  const isOfStatus = ({ field }: { readonly field: string }) => /^status(?:$|[.[])/.test(field);
  const warnings = handleUnknown(kind, raw, unknown.filter(isOfStatus), options);
  const problems = validate(validator, value).filter(isOfStatus);
  if (problems.length > 0) {
    throw invalidObject(kind, metadata, problems);
  }
  return { status: (value as { readonly status?: JsonValue }).status, warnings };
}

function readPart(
  kind: Kind,
  validator: KindValidator,
  raw: RawObject,
  options: AdmissionOptions,
): SaidPart {
  const metadata = withoutBookkeeping(raw['metadata']);
  const { value, unknown } = normalizePart(validator.ownership, { ...raw, metadata } as JsonValue);
  const dropped = handleUnknown(kind, raw, unknown, options);
  return { value: value as SaidPart['value'], warnings: dropped };
}

function validate(validator: KindValidator, value: JsonValue): readonly FieldProblem[] {
  const isValid = validator.validate(value);
  const found = isValid ? [] : describeSchemaErrors(validator.validate.errors ?? []);
  const problems = [
    ...found.map(({ problem }) => problem),
    ...findDuplicates(validator.schema, value),
  ];
  if (validator.rules === undefined) return problems;
  const isBroken = (path: FieldPath): boolean => found.some((one) => startsWith(one.path, path));
  for (const failure of evaluateRules(validator.rules, value, [], isBroken)) {
    problems.push({
      field: formatFieldPath(failure.path),
      message: describeRefusal('FieldValueInvalid', showRuled(failure.value), failure.message),
      reason: 'FieldValueInvalid',
    });
  }
  return problems;
}

/** A rule about several fields says which; their container would only be noise, and Kubernetes names its type. */
function showRuled(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return showValue(value);
  return Array.isArray(value) ? '"array"' : '"object"';
}

function startsWith(path: FieldPath, prefix: FieldPath): boolean {
  return prefix.every((step, index) => path[index] === step);
}

function describeUnknown({ field, suggestion }: UnknownField): string {
  const hint = suggestion === undefined ? '' : `; did you mean ${JSON.stringify(suggestion)}?`;
  return `unknown field ${JSON.stringify(field)}${hint}`;
}

/** The warnings about fields that are dropped; throws under Strict. */
function handleUnknown(
  kind: Kind,
  raw: RawObject,
  unknown: readonly UnknownField[],
  { fieldValidation, isPatched = false, duplicateFields = [] }: AdmissionOptions,
): readonly string[] {
  const faults = [
    ...duplicateFields.map((field) => ({
      field,
      message: `duplicate field ${JSON.stringify(field)}`,
    })),
    ...unknown.map((one) => ({ field: one.field, message: describeUnknown(one) })),
  ];
  if (fieldValidation === 'Ignore' || faults.length === 0) return [];
  if (fieldValidation === 'Warn') return faults.map(({ message }) => message);
  const reason = 'FieldValueInvalid';
  const problems = faults.map((one) => ({ ...one, reason }));
  const { listed, text } = list(problems, ({ message }) => message);
  if (isPatched) {
    const message = describeRefusal(reason, showValue(raw), `strict decoding error: ${text}`);
    throw invalidObject(kind, raw['metadata'], [{ field: 'patch', message, reason }]);
  }
  const message = `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: strict decoding error: ${text}`;
  throw new HeartlineError('INVALID_ARGUMENT', message, { problems: listed });
}

/** Names the object as Kubernetes does: `AgentgatewayPolicy.agentgateway.dev "name"`. */
function invalidObject(
  kind: Kind,
  metadata: unknown,
  unsorted: readonly FieldProblem[],
): HeartlineError {
  const name = isJsonObject(metadata) ? metadata['name'] : undefined;
  const subject = typeof name === 'string' ? name : '';
  const problems = [...unsorted].sort((a, b) => compareText(a.field, b.field));
  const { listed, text } = list(problems, ({ field, message }) => `${field}: ${message}`);
  const shown = problems.length === 1 ? text : `[${text}]`;
  return new HeartlineError(
    'INVALID_OBJECT',
    `${kindWord(kind)} "${subject}" is invalid: ${shown}`,
    {
      subject,
      problems: listed,
    },
  );
}

/** The problems to report and their text; a huge object full of mistakes does not make a huge answer. */
function list(
  problems: readonly FieldProblem[],
  describe: (problem: FieldProblem) => string,
): { readonly listed: readonly FieldProblem[]; readonly text: string } {
  const listed = problems.slice(0, MAX_PROBLEMS);
  const left = problems.length - listed.length;
  const rest = left === 0 ? [] : [`and ${left} more`];
  return { listed, text: [...listed.map(describe), ...rest].join(', ') };
}
