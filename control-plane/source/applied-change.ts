// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { JsonValue } from '../log/transaction.js';
import { applyObject, type FieldConflict } from '../merge/apply-object.js';
import { isList, isObject, type JsonObject } from '../merge/json-object.js';
import type { ManagedFieldsEntry, Writer } from '../merge/manager.js';
import { trackUpdate } from '../merge/track-update.js';
import type { Admission, AdmissionOptions } from '../policy/admission.js';
import { apiVersionOf } from '../policy/kinds.js';
import type { StructuralSchema } from '../policy/structural-schema.js';
import { checkIdentity } from './identity.js';
import { fieldsOfLastApplied, KUBECTL, withLastApplied } from './last-applied.js';
import type { ObjectPatch, Patch, Target } from './object-door.js';
import { type Admitted, managersOf } from './plan-change.js';
import { notFound } from './refusals.js';
import type { StoredObject } from './stored-object.js';

/** What a patch is worked out with, beside the object. */
export interface PatchContext {
  readonly admission: Admission;
  readonly options: AdmissionOptions;
  readonly writer: Writer;
}

type ApplyPatch = Patch & { readonly type: 'apply' };

/** Server-side apply of a patch: what the object becomes and who owns it. Throws CONFLICT with every field. */
export function appliedChange(
  change: ObjectPatch,
  patch: ApplyPatch,
  current: StoredObject | undefined,
  context: PatchContext,
): Admitted {
  const { admission, options } = context;
  const { kind, namespace, name } = change;
  const target: Target = { kind, namespace, name };
  const isStatus = change.verb === 'patch-status';
  if (isStatus && current === undefined) throw notFound(target);
  const { value, warnings } = admission.readPart(kind, readApplied(patch.body), options);
  checkIdentity(target, value);

  const applied = mergeApplied(target, current, {
    ...{ wanted: partOf(value, isStatus), force: patch.force, isStatus },
    ...{ schema: admission.ownershipSchema(kind), writer: context.writer },
  });
  const { object, managers } = withRequestedVersion(applied, value);
  if (isStatus) {
    const { status } = admission.admitStatus(kind, object, options);
    const metadata = object['metadata'] as JsonObject;
    return {
      change: {
        ...target,
        verb: 'replace-status',
        ...{ status, managers },
        metadata: { name, ...preconditionsOf(metadata) },
      },
      warnings,
    };
  }
  const admitted = admission.admit(kind, object, options);
  return {
    change: {
      ...target,
      verb: current === undefined ? 'create' : 'replace',
      ...{ object: admitted.object, managers },
    },
    warnings: [...warnings, ...admitted.warnings],
  };
}

interface Applied {
  readonly object: JsonObject;
  readonly managers: readonly ManagedFieldsEntry[];
}

interface ApplyContext {
  readonly wanted: JsonObject;
  readonly force: boolean;
  readonly isStatus: boolean;
  readonly schema: StructuralSchema;
  readonly writer: Writer;
}

function mergeApplied(
  target: Target,
  current: StoredObject | undefined,
  { wanted, force, isStatus, schema, writer }: ApplyContext,
): Applied {
  const live = liveObject(target, current, isStatus);
  const part = isStatus ? 'status' : 'object';
  const isKubectl = writer.manager === KUBECTL && !isStatus;
  const outcome = applyObject({
    ...{ schema, live, wanted, writer, part, force },
    managers: current === undefined ? [] : knownManagers(current, live, { schema, writer }),
    ...(isKubectl ? { mayTake: fieldsOfLastApplied(schema, live) } : {}),
  });
  if (!outcome.ok) throw applyConflict(target, outcome.conflicts);
  if (!isKubectl) return outcome;
  return { ...outcome, object: withLastApplied(live, outcome.object, wanted) };
}

/** What nobody is known to own was there before anybody applied anything. */
function knownManagers(
  { object }: StoredObject,
  live: JsonObject,
  { schema, writer }: Pick<ApplyContext, 'schema' | 'writer'>,
): readonly ManagedFieldsEntry[] {
  const managers = managersOf(object);
  if (managers.length > 0) return managers;
  const before = { ...writer, manager: 'before-first-apply', subresource: undefined };
  return trackUpdate({
    ...{ schema, writer: before, before: undefined, after: live, managers: [], part: 'object' },
  });
}

/** What is merged into; without an object there is only its name. */
function liveObject(
  { kind, namespace, name }: Target,
  current: StoredObject | undefined,
  isStatus: boolean,
): JsonObject {
  const head = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  if (current === undefined) {
    return { ...head, metadata: { name, ...(kind.namespaced ? { namespace } : {}) } };
  }
  const { managedFields: _, ...metadata } = current.object.metadata;
  const object = { ...current.object, metadata } as unknown as JsonObject;
  return isStatus && current.status !== undefined ? { ...object, status: current.status } : object;
}

/** Through the status path only the status is applied, through the other one everything else. */
function partOf(value: JsonObject, isStatus: boolean): JsonObject {
  if (isStatus) return 'status' in value ? { status: value['status'] ?? null } : {};
  const { status: _, ...rest } = value;
  const { metadata } = rest;
  if (!isObject(metadata)) return rest;
  const { resourceVersion: __, uid: ___, generation: ____, ...own } = metadata;
  return { ...rest, metadata: withoutEmptyLists(own) };
}

/** As Kubernetes reads metadata: an empty list is none, and nobody owns it. */
function withoutEmptyLists(metadata: JsonObject): JsonObject {
  const entries = Object.entries(metadata);
  return Object.fromEntries(entries.filter(([, value]) => !isList(value) || value.length > 0));
}

/** The preconditions of the applied object are those of the write. */
function withRequestedVersion(applied: Applied, value: JsonObject): Applied {
  const sent = value['metadata'];
  const metadata = applied.object['metadata'] as JsonObject;
  const object = {
    ...applied.object,
    metadata: { ...metadata, ...(isObject(sent) ? preconditionsOf(sent) : {}) },
  };
  return { ...applied, object };
}

function preconditionsOf({ uid, resourceVersion }: JsonObject): {
  readonly uid?: string;
  readonly resourceVersion?: string;
} {
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  };
}

function readApplied(body: unknown): unknown {
  const metadata = isObject(body as JsonValue) ? (body as JsonObject)['metadata'] : undefined;
  if (!isObject(metadata) || (metadata['managedFields'] ?? null) === null) return body;
  throw new HeartlineError('INVALID_ARGUMENT', 'metadata.managedFields must be nil');
}

/** The sentences that kubectl and its users know. */
function applyConflict(target: Target, conflicts: readonly FieldConflict[]): HeartlineError {
  const problems = conflicts.map(({ owner, path }) => ({
    field: path,
    message: `conflict with ${showManager(owner)}`,
    reason: 'FieldManagerConflict',
  }));
  return new HeartlineError('CONFLICT', describeConflicts(conflicts), {
    subject: target.name,
    problems,
  });
}

function describeConflicts(conflicts: readonly FieldConflict[]): string {
  const [only, second] = conflicts;
  if (only !== undefined && second === undefined) {
    return `Apply failed with 1 conflict: conflict with ${showManager(only.owner)}: ${only.path}`;
  }
  const byManager = new Map<string, string[]>();
  for (const { owner, path } of conflicts) {
    const manager = showManager(owner);
    byManager.set(manager, [...(byManager.get(manager) ?? []), path]);
  }
  const parts = [...byManager].map(
    ([manager, paths]) =>
      `conflicts with ${manager}:\n${paths.map((path) => `- ${path}`).join('\n')}`,
  );
  return `Apply failed with ${conflicts.length} conflicts: ${parts.sort().join('\n')}`;
}

function showManager({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  const through = subresource === undefined ? '' : ` with subresource "${subresource}"`;
  return `"${manager}"${through}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}
