// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { isJsonObject } from '../../policy/structural-schema.js';
import { readDryRun } from './write-options.js';

export interface DeleteOptions {
  readonly dryRun: boolean;
  /** Preconditions; absent = any. */
  readonly resourceVersion?: string;
  readonly uid?: string;
}

/**
 * Reads metav1.DeleteOptions, the body of a DELETE. Grace periods and propagation mean nothing here: only finalizers
 * put a deletion off, and nothing is collected.
 */
export function readDeleteOptions(body: unknown): DeleteOptions {
  if (body === undefined) return { dryRun: false };
  if (!isJsonObject(body)) throw badOptions('the body of a DELETE is DeleteOptions, an object');
  const preconditions = body['preconditions'] ?? {};
  if (!isJsonObject(preconditions)) throw badOptions('preconditions is not an object');
  return {
    dryRun: readDryRuns(body['dryRun']),
    ...readText(preconditions['resourceVersion'], 'resourceVersion'),
    ...readText(preconditions['uid'], 'uid'),
  };
}

function readDryRuns(raw: unknown): boolean {
  const values: readonly unknown[] = Array.isArray(raw) ? raw : [];
  return values.map((one) => readDryRun('DELETE', String(one))).includes(true);
}

function readText<Field extends string>(
  value: unknown,
  field: Field,
): { readonly [name in Field]?: string } {
  if (value === undefined || value === null || value === '') return {};
  if (typeof value === 'string') return { [field]: value } as { [name in Field]?: string };
  throw badOptions(`preconditions.${field} is not a string`);
}

function badOptions(message: string): HeartlineError {
  return new HeartlineError('INVALID_ARGUMENT', message);
}
