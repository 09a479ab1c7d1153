// SPDX-License-Identifier: Apache-2.0
import type { FieldProblem } from '../../shared/errors/heartline-error.js';
import { formatFieldPath } from './field-path.js';
import { isNamespaceKind, type Kind } from './kinds.js';
import type { ObjectMeta } from './kube-object.js';
import { showValue } from './schema-problems.js';
import { isJsonObject } from './structural-schema.js';

/** ObjectMeta fields that a client may send back to us as it read them; all text, except generation. */
const KEPT_TEXT_FIELDS = ['generateName', 'uid', 'resourceVersion', 'creationTimestamp'] as const;
/** Bookkeeping of the Kubernetes API machinery: dropped without a word. */
const BOOKKEEPING = new Set(['managedFields', 'selfLink']);
/** Would change how an object lives and dies; we do not do that, and say so. */
const NOT_KEPT = new Set([
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
]);

/** RFC 1123 label, as Kubernetes reads it. */
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** RFC 1123 subdomain: labels joined by dots. */
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** A label value, and the part of a label key behind the slash. */
const LABEL_TEXT = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
/** Kubernetes' limit for all annotations of an object together, bytes. */
const MAX_ANNOTATION_BYTES = 262_144;

export interface ReadMetadata {
  readonly metadata: ObjectMeta;
  readonly problems: readonly FieldProblem[];
  readonly warnings: readonly string[];
  /** Names of fields that ObjectMeta does not have. */
  readonly unknown: readonly string[];
}

/** The fields of ObjectMeta that a misspelt one may have meant. */
export const METADATA_FIELDS: readonly string[] = [
  'name',
  'namespace',
  'labels',
  'annotations',
  'generation',
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
  return {
    metadata: fields as unknown as ObjectMeta,
    problems,
    warnings: Object.keys(source)
      .filter((key) => NOT_KEPT.has(key))
      .map(describeUnkept),
    unknown: Object.keys(source).filter(
      (key) => !METADATA_FIELDS.includes(key) && !NOT_KEPT.has(key) && !BOOKKEEPING.has(key),
    ),
  };
}

/** Raw metadata without what is not kept, and what to say about that. */
export function withoutUnkept(raw: unknown): {
  readonly metadata: unknown;
  readonly warnings: readonly string[];
} {
  if (!isJsonObject(raw)) return { metadata: raw, warnings: [] };
  const entries = Object.entries(raw);
  return {
    metadata: Object.fromEntries(
      entries.filter(([key]) => !NOT_KEPT.has(key) && !BOOKKEEPING.has(key)),
    ),
    warnings: entries.filter(([key]) => NOT_KEPT.has(key)).map(([key]) => describeUnkept(key)),
  };
}

function describeUnkept(key: string): string {
  return `metadata.${key} is not kept: this control plane does not act on it`;
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

function isQualifiedName(key: string): boolean {
  const [prefix, name, ...rest] = key.includes('/') ? key.split('/') : [undefined, key];
  if (rest.length > 0 || name === undefined || name.length > 63 || !LABEL_TEXT.test(name)) {
    return false;
  }
  return prefix === undefined || (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix));
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
