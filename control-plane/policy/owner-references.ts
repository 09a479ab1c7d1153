// SPDX-License-Identifier: Apache-2.0
import type { FieldProblem } from '../../shared/errors/heartline-error.js';
import type { FieldPath } from './field-path.js';
import type { OwnerReference } from './kube-object.js';
import { describeRefusal, showValue } from './schema-problems.js';
import { isJsonObject } from './structural-schema.js';

const FIELD = 'metadata.ownerReferences';
const TEXTS = ['apiVersion', 'kind', 'name', 'uid'] as const;
const FLAGS = ['controller', 'blockOwnerDeletion'] as const;

/** The fields of a reference that a misspelt one may have meant. */
export const OWNER_FIELDS: readonly string[] = [...TEXTS, ...FLAGS];

/** Said with every object that has owners: Kubernetes deletes it when they are gone. */
export const NOTHING_IS_COLLECTED = 'metadata.ownerReferences are kept; nothing is collected';

export interface ReadOwners {
  /** Absent as in the object; without the fields that a reference does not have. */
  readonly references: readonly OwnerReference[] | undefined;
  /** Paths inside metadata of fields that a reference does not have. */
  readonly unknown: readonly FieldPath[];
}

/** Reads metadata.ownerReferences with Kubernetes' rules; kept as they are, and never acted on. */
export function readOwners(raw: unknown, problems: FieldProblem[]): ReadOwners {
  if (raw === undefined || raw === null) return { references: undefined, unknown: [] };
  if (!Array.isArray(raw)) {
    problems.push(refusal(FIELD, raw, 'must be a list of references'));
    return { references: undefined, unknown: [] };
  }
  const items = raw as readonly unknown[];
  const references = items.map((item) => readReference(item, problems));
  const controllers = references.filter(({ controller }) => controller === true);
  if (controllers.length > 1) {
    const names = controllers.map(({ kind, name }) => `${kind}/${name}`).join(' and ');
    const wanted = `Only one reference can have Controller set to true. Found "true" in references for ${names}`;
    problems.push(refusal(FIELD, raw, wanted));
  }
  const unknown = items.flatMap((item, index) =>
    Object.keys(isJsonObject(item) ? item : {})
      .filter((key) => !OWNER_FIELDS.includes(key))
      .map((key): FieldPath => ['ownerReferences', index, key]),
  );
  return { references, unknown };
}

function readReference(item: unknown, problems: FieldProblem[]): OwnerReference {
  const source = isJsonObject(item) ? item : {};
  if (!isJsonObject(item)) problems.push(refusal(FIELD, item, 'must be an object'));
  const texts = TEXTS.map((field) => {
    const value = source[field] ?? '';
    const path = `${FIELD}.${field}`;
    if (typeof value !== 'string') problems.push(refusal(path, value, 'must be text'));
    else if (value === '' || (field === 'apiVersion' && !hasVersion(value))) {
      const what = field === 'apiVersion' ? 'version' : field;
      problems.push(refusal(path, value, `${what} must not be empty`));
    }
    return [field, value] as const;
  });
  const flags = FLAGS.flatMap((field) => {
    const value = source[field] ?? undefined;
    if (value === undefined) return [];
    if (typeof value !== 'boolean') {
      problems.push(refusal(`${FIELD}.${field}`, value, 'must be true or false'));
    }
    return [[field, value] as const];
  });
  const reference = Object.fromEntries([...texts, ...flags]) as unknown as OwnerReference;
  if (reference.apiVersion === 'v1' && reference.kind === 'Event') {
    problems.push(refusal(FIELD, reference, '/v1, Kind=Event is disallowed from being an owner'));
  }
  return reference;
}

/** `v1` and `apps/v1` name a version; more slashes name none. */
function hasVersion(apiVersion: string): boolean {
  return /^(?:[^/]+\/)?[^/]+$/.test(apiVersion);
}

function refusal(field: string, value: unknown, wanted: string): FieldProblem {
  const reason = 'FieldValueInvalid';
  return { field, message: describeRefusal(reason, showValue(value), wanted), reason };
}
