// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { JsonValue } from '../log/transaction.js';
import { applyMergePatch } from '../merge/json-merge-patch.js';
import { isObject, type JsonObject } from '../merge/json-object.js';
import { applyJsonPatch, readJsonPatch } from '../merge/json-patch.js';
import { applyStrategicMergePatch } from '../merge/strategic-merge-patch.js';
import { describeRefusal, showValue } from '../policy/schema-problems.js';
import type { StructuralSchema } from '../policy/structural-schema.js';
import { appliedChange, type PatchContext } from './applied-change.js';
import { checkIdentity } from './identity.js';
import type { ObjectPatch, Patch, Target } from './object-door.js';
import type { Admitted, AdmittedChange } from './plan-change.js';
import { invalidField, notFound } from './refusals.js';
import { resourceVersionOf, type StoredObject } from './stored-object.js';

/**
 * What a patch makes of the stored object, validated as a whole. Worked out anew each time the object turns out to
 * have changed meanwhile.
 */
export function patchedChange(
  change: ObjectPatch,
  current: StoredObject | undefined,
  context: PatchContext,
): Admitted {
  const { patch } = change;
  if (patch.type === 'apply') return appliedChange(change, patch, current, context);
  if (current === undefined) throw notFound(change);
  const schema = context.admission.ownershipSchema(change.kind);
  const patched = patchValue(fullObject(current), patch, schema);
  if (!isObject(patched)) {
    throw new HeartlineError('INVALID_ARGUMENT', 'error decoding patch: its result is no object');
  }
  checkIdentity(change, patched);
  refuseOtherUid(change, patched, current);
  return admitPatched(change, patched, context);
}

/** Of a whole object another uid says which object is meant; a patch can only have wanted to change it. */
function refuseOtherUid(target: Target, { metadata }: JsonObject, current: StoredObject): void {
  const uid = isObject(metadata) ? metadata['uid'] : undefined;
  const found = current.object.metadata.uid;
  if (typeof uid !== 'string' || uid === '' || found === undefined || uid === found) return;
  const reason = 'FieldValueInvalid';
  const message = describeRefusal(reason, showValue(uid), 'field is immutable');
  throw invalidField(target, { field: 'metadata.uid', message, reason });
}

function patchValue(
  target: JsonObject,
  patch: Exclude<Patch, { readonly type: 'apply' }>,
  schema: StructuralSchema,
): JsonValue {
  switch (patch.type) {
    case 'json':
      return applyJsonPatch(target, readJsonPatch(patch.body));
    case 'merge':
    case 'strategic': {
      const body = patch.body as JsonValue;
      if (isObject(body) && patch.type === 'merge') return applyMergePatch(target, body);
      if (isObject(body)) return applyStrategicMergePatch(schema, target, body);
      throw new HeartlineError(
        'INVALID_ARGUMENT',
        'error decoding patch: a merge patch is an object',
      );
    }
  }
}

function admitPatched(
  { verb, patch: _, ...target }: ObjectPatch,
  patched: JsonObject,
  { admission, options }: PatchContext,
): Admitted {
  const checks = { ...options, isPatched: true };
  const metadata = patched['metadata'];
  const sentManagers = isObject(metadata) ? metadata['managedFields'] : undefined;
  if (verb === 'patch') {
    const { object, warnings } = admission.admit(target.kind, patched, checks);
    return { change: { ...target, verb: 'replace', object, sentManagers }, warnings };
  }
  const { status, warnings } = admission.admitStatus(target.kind, patched, checks);
  return { change: statusChange(target, metadata, status), warnings };
}

/** A write of the status alone; of the metadata only uid and resourceVersion are looked at. */
export function statusChange(
  target: Target,
  metadata: JsonValue | undefined,
  status: JsonValue | undefined,
): AdmittedChange & { readonly verb: 'replace-status' } {
  const sent = isObject(metadata) ? metadata : {};
  const { uid, resourceVersion } = sent;
  return {
    ...target,
    verb: 'replace-status',
    status,
    metadata: {
      name: target.name,
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    },
  };
}

/** The object as a client reads it, but with the values of a Secret, which a patch may leave as they are. */
function fullObject(stored: StoredObject): JsonObject {
  const { object, status } = stored;
  const resourceVersion = String(resourceVersionOf(stored));
  const full = {
    ...object,
    metadata: { ...object.metadata, resourceVersion },
    ...(status === undefined ? {} : { status }),
  };
  return full as unknown as JsonObject;
}
