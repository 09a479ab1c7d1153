// SPDX-License-Identifier: Apache-2.0
import type { FieldProblem } from '../../shared/errors/heartline-error.js';
import { findClosestName } from './closest-name.js';
import { type FieldPath, formatFieldPath } from './field-path.js';
import { readFinalizers } from './finalizers.js';
import { isNamespaceKind, type Kind } from './kinds.js';
import type { ObjectMeta } from './kube-object.js';
import type { UnknownField } from './normalize.js';
import { NOTHING_IS_COLLECTED, OWNER_FIELDS, readOwners } from './owner-references.js';
import { DNS_LABEL, DNS_SUBDOMAIN, isQualifiedName, LABEL_TEXT } from './qualified-name.js';
import { showValue } from './schema-problems.js';
import { isJsonObject } from './structural-schema.js';

/** ObjectMeta fields that a client may send back to us as it read them; all text, except generation. */
const KEPT_TEXT_FIELDS = ['generateName', 'uid', 'resourceVersion', 'creationTimestamp'] as const;
/** What only the server writes: dropped without a word. */
const BOOKKEEPING = new Set([
  ...['managedFields', 'selfLink', 'deletionTimestamp', 'deletionGracePeriodSeconds'],
]);

/** Kubernetes' limit for all annotations of an object together, bytes. */
const MAX_ANNOTATION_BYTES = 262_144;

export interface ReadMetadata {
  readonly metadata: ObjectMeta;
  readonly problems: readonly FieldProblem[];
  readonly warnings: readonly string[];
  /** Fields that ObjectMeta does not have. */
  readonly unknown: readonly UnknownField[];
}

/** The fields of ObjectMeta that a misspelt one may have meant. */
const METADATA_FIELDS: readonly string[] = [
  'name',
  'namespace',
  'labels',
  'annotations',
  'generation',
  'finalizers',
  'ownerReferences',
  ...KEPT_TEXT_FIELDS,
];

/** Reads and checks metadata with Kubernetes' rules for names and labels; returns every problem. */
export function readMetadata(kind: Kind, raw: unknown): ReadMetadata {
  const source = isJsonObject(raw) ? raw : {};
  const problems: FieldProblem[] = [];
  if (raw !== undefined && !isJsonObject(raw))
    problems.push(invalid(['metadata'], raw, 'an object'));
  checkName(kind, source['name'], problems);
  checkNamespace(kind, source['namespace'], problems);
  const fields: Record<string, unknown> = { name: source['name'] };
  if (kind.namespaced) fields['namespace'] = source['namespace'];
  for (const field of KEPT_TEXT_FIELDS) {
    const value = source[field];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string') problems.push(invalid(['metadata', field], value, 'text'));
    fields[field] = value;
  }
  if (typeof source['generation'] === 'number') fields['generation'] = source['generation'];
  const labels = readTextMap(source['labels'], 'labels', problems);
  if (labels) fields['labels'] = labels;
  for (const [key, value] of Object.entries(labels ?? {})) checkLabelValue(key, value, problems);
  const annotations = readTextMap(source['annotations'], 'annotations', problems);
  if (annotations) fields['annotations'] = annotations;
  checkAnnotationSize(annotations, problems);
  const finalizers = readFinalizers(source['finalizers'], problems);
  if (finalizers) fields['finalizers'] = finalizers;
  const owners = readOwners(source['ownerReferences'], problems);
  if (owners.references) fields['ownerReferences'] = owners.references;
  const unknown = Object.keys(source).filter(
    (key) => !METADATA_FIELDS.includes(key) && !BOOKKEEPING.has(key),
  );
  return {
    metadata: fields as unknown as ObjectMeta,
    problems,
    warnings: owners.references?.length ? [NOTHING_IS_COLLECTED] : [],
    unknown: [
      ...unknown.map((key) => unknownField([key], METADATA_FIELDS)),
      ...owners.unknown.map((path) => unknownField(path, OWNER_FIELDS)),
    ],
  };
}

/** Raw metadata without what only the server writes. */
export function withoutBookkeeping(raw: unknown): unknown {
  if (!isJsonObject(raw)) return raw;
  return Object.fromEntries(Object.entries(raw).filter(([key]) => !BOOKKEEPING.has(key)));
}

function unknownField(path: FieldPath, known: readonly string[]): UnknownField {
  return {
    field: formatFieldPath(['metadata', ...path]),
    suggestion: findClosestName(String(path.at(-1)), known),
  };
}

function checkName(kind: Kind, name: unknown, problems: FieldProblem[]): void {
  if (name === undefined || name === null || name === '') {
    problems.push({
      ...required(['metadata', 'name'], ''),
      message: 'Required value: name or generateName is required',
    });
  } else if (isNamespaceKind(kind)) {
    if (isDnsLabel(name)) return;
    problems.push(invalid(['metadata', 'name'], name, `${DNS_LABEL_WORDS}, for example httpbin`));
  } else if (typeof name !== 'string' || name.length > 253 || !DNS_SUBDOMAIN.test(name)) {
    const wanted =
      'a DNS subdomain (RFC 1123): at most 253 lower case letters, digits, - and ., starting and ending with a letter or digit';
    problems.push(invalid(['metadata', 'name'], name, `${wanted}, for example httpbin-keepalive`));
  }
}

function checkNamespace(kind: Kind, namespace: unknown, problems: FieldProblem[]): void {
  const path = ['metadata', 'namespace'];
  const absent = namespace === undefined || namespace === null || namespace === '';
  if (!kind.namespaced) {
    if (!absent) problems.push(invalid(path, namespace, `absent: ${kind.kind} has no namespace`));
  } else if (absent) {
    problems.push(required(path, 'default'));
  } else if (!isDnsLabel(namespace)) {
    problems.push(invalid(path, namespace, `${DNS_LABEL_WORDS}, for example default`));
  }
}

const DNS_LABEL_WORDS =
  'a DNS label (RFC 1123): at most 63 lower case letters, digits and -, starting and ending with a letter or digit';

function isDnsLabel(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 63 && DNS_LABEL.test(value);
}

function readTextMap(
  raw: unknown,
  field: 'labels' | 'annotations',
  problems: FieldProblem[],
): Record<string, string> | undefined {
  if (raw === undefined || raw === null) return undefined;
  if (!isJsonObject(raw)) {
    problems.push(invalid(['metadata', field], raw, 'an object of text values'));
    return undefined;
  }
  const entries: [string, string][] = [];
  for (const [key, value] of Object.entries(raw)) {
    const path = ['metadata', field, key];
    if (!isQualifiedName(key)) {
      const wanted =
        'a key of at most 63 letters, digits, -, _ and ., perhaps behind a DNS subdomain and /, for example example.com/team';
      problems.push({ ...invalid(path, key, wanted) });
    }
    if (typeof value === 'string') entries.push([key, value]);
    else problems.push(invalid(path, value, 'text; put it in quotes'));
  }
  return Object.fromEntries(entries);
}

function checkLabelValue(key: string, value: string, problems: FieldProblem[]): void {
  if (value === '' || (value.length <= 63 && LABEL_TEXT.test(value))) return;
  const wanted =
    'empty or at most 63 letters, digits, -, _ and ., starting and ending with a letter or digit';
  problems.push(invalid(['metadata', 'labels', key], value, wanted));
}

function checkAnnotationSize(
  annotations: Record<string, string> | undefined,
  problems: FieldProblem[],
): void {
  const bytes = Object.entries(annotations ?? {})
    .flat()
    .reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes <= MAX_ANNOTATION_BYTES) return;
  problems.push({
    field: 'metadata.annotations',
    message: `Too long: have ${bytes} bytes, must have at most ${MAX_ANNOTATION_BYTES} together`,
    reason: 'FieldValueTooLong',
  });
}

function required(path: readonly string[], example: string): FieldProblem {
  return {
    field: formatFieldPath(path),
    message: `Required value: for example ${example}`,
    reason: 'FieldValueRequired',
  };
}

function invalid(path: readonly string[], value: unknown, wanted: string): FieldProblem {
  return {
    field: formatFieldPath(path),
    message: `Invalid value: ${showValue(value)}: must be ${wanted}`,
    reason: 'FieldValueInvalid',
  };
}
