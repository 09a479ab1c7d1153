// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { ApplyRequest } from '../../source/object-door.js';
import { type Query, singleValue } from '../request-options.js';

/** Longest `reason` of a change, characters; it goes into the log with every write. */
const MAX_REASON_CHARACTERS = 1024;
/** Kubernetes' limit for the name of a field manager, bytes. */
const MAX_MANAGER_BYTES = 128;

/** What a request says beside its path and its body. */
export interface WriteRequest {
  readonly method: string;
  readonly query: Query;
  readonly userAgent: string | undefined;
  /** The header `heartline-reason`. */
  readonly reason: string | undefined;
  /** A server-side apply: only it has `force`, and it must name its manager. */
  readonly isApply: boolean;
}

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: ApplyRequest['fieldValidation'];
  readonly fieldManager: string;
  readonly force: boolean;
  readonly reason: string;
}

/** metav1's name for the options of a method, as messages about them begin. */
const OPTION_KINDS: Readonly<Record<string, string>> = {
  DELETE: 'DeleteOptions',
  PATCH: 'PatchOptions',
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
};

/**
 * Options of POST, PUT, PATCH and DELETE. `fieldValidation` is Warn when absent, as in Kubernetes; the field manager
 * is what the User-Agent begins with, unless the query names one. Throws INVALID_OBJECT as Kubernetes does.
 */
export function readWriteOptions(request: WriteRequest): WriteOptions {
  const { method, query, isApply } = request;
  const reason = singleValue(query, 'reason') ?? request.reason ?? `applied with ${method}`;
  if (reason.length > MAX_REASON_CHARACTERS) {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      `reason is ${reason.length} characters long; at most ${MAX_REASON_CHARACTERS}`,
    );
  }
  const force = readForce(request);
  const named = singleValue(query, 'fieldManager') ?? '';
  if (isApply && named === '') {
    throw badOption(method, 'fieldManager', {
      reason: 'FieldValueRequired',
      message: 'Required value: is required for apply patch',
    });
  }
  return {
    ...{ reason, force },
    dryRun: readDryRun(method, singleValue(query, 'dryRun')),
    fieldValidation: readFieldValidation(method, singleValue(query, 'fieldValidation')),
    fieldManager: checkManager(method, named) || managerOfAgent(request.userAgent),
  };
}

/** `All`, the only dry run there is. */
export function readDryRun(method: string, value: string | undefined): boolean {
  if (value === undefined || value === '') return false;
  if (value === 'All') return true;
  throw badOption(method, 'dryRun', {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: []string{${JSON.stringify(value)}}: supported values: "All"`,
  });
}

function readForce({ method, query, isApply }: WriteRequest): boolean {
  const value = singleValue(query, 'force');
  if (value === undefined || value === '') return false;
  if (!isApply) {
    throw badOption(method, 'force', {
      reason: 'FieldValueForbidden',
      message: 'Forbidden: may not be specified for non-apply patch',
    });
  }
  return value !== 'false' && value !== '0';
}

function readFieldValidation(
  method: string,
  value: string | undefined,
): WriteOptions['fieldValidation'] {
  if (value === undefined || value === '') return 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw badOption(method, 'fieldValidation', {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: "", "Ignore", "Strict", "Warn"`,
  });
}

function checkManager(method: string, manager: string): string {
  if (Buffer.byteLength(manager) > MAX_MANAGER_BYTES) {
    throw badOption(method, 'fieldManager', {
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${MAX_MANAGER_BYTES} bytes`,
    });
  }
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(manager)) return manager;
  throw badOption(method, 'fieldManager', {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(manager)}: should only contain printable characters`,
  });
}

/** `kubectl` of `kubectl/v1.33.1 (linux/amd64)`. */
function managerOfAgent(userAgent = ''): string {
  const [name = ''] = userAgent.split('/');
  return name.trim().slice(0, MAX_MANAGER_BYTES) || 'unknown';
}

function badOption(
  method: string,
  field: string,
  { reason, message }: { readonly reason: string; readonly message: string },
): HeartlineError {
  return new HeartlineError(
    'INVALID_OBJECT',
    `${OPTION_KINDS[method] ?? 'Options'}.meta.k8s.io "" is invalid: ${field}: ${message}`,
    { problems: [{ field, message, reason }] },
  );
}
