// SPDX-License-Identifier: Apache-2.0
import { type HeartlineError, toHeartlineError } from '../../../shared/errors/heartline-error.js';
import type { ObjectChange, ObjectDoor } from '../object-door.js';
import type { FilePlan } from './plan-folder.js';
import type { Manifest } from './read-manifests.js';

export type FileResult =
  | {
      readonly ok: true;
      /** How many objects were written, by outcome; unchanged ones are not counted. */
      readonly created: number;
      readonly configured: number;
      readonly deleted: number;
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly error: HeartlineError };

/** Writes what one file means, in one transaction: all of it or nothing. */
export async function applyFile(door: ObjectDoor, plan: FilePlan): Promise<FileResult> {
  const changes: ObjectChange[] = [
    ...plan.manifests.map((manifest) => toChange(door, manifest)),
    ...plan.removals.map(
      ({ kind, namespace, name }) => ({ verb: 'delete', kind, namespace, name }) as const,
    ),
  ];
  const count = { created: 0, configured: 0, deleted: 0, unchanged: 0 };
  if (changes.length === 0) return { ok: true, ...count, warnings: [] };
  try {
    const results = await door.applyObjects({
      caller: {
        ...{ actor: 'manifests', reason: `manifest file ${plan.path}` },
        ...{ source: 'manifests', sourceDetail: plan.path },
      },
      changes,
      dryRun: false,
      fieldValidation: 'Strict',
    });
    for (const { outcome } of results) count[outcome] += 1;
    const { created, configured, deleted } = count;
    return {
      ...{ ok: true, created, configured, deleted },
      warnings: results.flatMap(({ warnings }) => warnings),
    };
  } catch (thrown) {
    return { ok: false, error: toHeartlineError(thrown) };
  }
}

/** A file is the whole truth about its objects, so that the version it may carry from `get -o yaml` does not count. */
function toChange(door: ObjectDoor, { kind, namespace, name, object }: Manifest): ObjectChange {
  const { resourceVersion: _, ...metadata } = object.metadata;
  const verb = door.get(kind, namespace, name) === undefined ? 'create' : 'replace';
  return { verb, kind, namespace, name, object: { ...object, metadata } };
}
