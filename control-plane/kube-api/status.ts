// SPDX-License-Identifier: Apache-2.0
import type { ErrorCode } from '../../shared/errors/codes.js';
import type { HeartlineError } from '../../shared/errors/heartline-error.js';

/** Header of every failure: our own code, finer than HTTP's; clients take their exit code from it. */
export const CODE_HEADER = 'heartline-code';

export interface StatusCause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

/** What a Status is about. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** When a client may try again what took too long. */
const RETRY_AFTER_SECONDS = 1;

/** metav1.Status, the one answer to anything that is no object. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code: number;
}

/** HTTP statuses that the closed error table does not need elsewhere. */
const HTTP_ONLY = {
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
} as const;

export function failureStatus(error: HeartlineError, about: StatusDetails = {}): Status {
  const causes = error.problems.map((problem) => ({
    reason: problem.reason ?? 'FieldValueInvalid',
    message: problem.message,
    ...(problem.field === '' ? {} : { field: problem.field }),
  }));
  const details = {
    ...about,
    ...(causes.length === 0 ? {} : { causes }),
    ...(error.code === 'TIMEOUT' ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : {}),
  };
  return failure(error.meaning.http, error.meaning.reason, error.message, details);
}

export function httpFailureStatus(code: keyof typeof HTTP_ONLY, message: string): Status {
  return failure(code, HTTP_ONLY[code], message, {});
}

/** The answer to a DELETE; kubectl ends its wait when it sees the uid. As with Kubernetes, it has no code. */
export function deletedStatus(details: StatusDetails): Omit<Status, 'code'> {
  return { ...HEAD, status: 'Success', details };
}

/** The code of `shared/errors` nearest to a Status that came without our header. */
export function codeOfHttpStatus(http: number): ErrorCode {
  const codes: Readonly<Record<number, ErrorCode>> = {
    400: 'INVALID_ARGUMENT',
    401: 'UNAUTHENTICATED',
    403: 'PERMISSION_DENIED',
    404: 'NOT_FOUND',
    409: 'CONFLICT',
    410: 'EXPIRED',
    413: 'TOO_LARGE',
    415: 'UNSUPPORTED_MEDIA',
    422: 'INVALID_OBJECT',
    501: 'UNIMPLEMENTED',
    503: 'UNAVAILABLE',
    504: 'TIMEOUT',
  };
  return codes[http] ?? (http < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL');
}

const HEAD = { kind: 'Status', apiVersion: 'v1', metadata: {} } as const;

function failure(code: number, reason: string, message: string, details: StatusDetails): Status {
  const about = Object.keys(details).length === 0 ? {} : { details };
  return { ...HEAD, status: 'Failure', message, reason, ...about, code };
}
