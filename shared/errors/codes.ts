// SPDX-License-Identifier: Apache-2.0

/**
 * The closed list of things that can go wrong, and what each means at every edge.
 *
 * - `http`: status of the Kubernetes-style API; `reason`: `Status.reason` there.
 * - `grpc`: status code number of the gRPC services (google.rpc.Code).
 * - `exit`: exit code of the program (sysexits.h for 64-78), see the README's table.
 * - `retry`: whether the same request may succeed later without a change by the caller.
 */
export const ERROR_CODES = {
  INVALID_ARGUMENT: { http: 400, reason: 'BadRequest', grpc: 3, exit: 64, retry: false },
  INVALID_OBJECT: { http: 422, reason: 'Invalid', grpc: 3, exit: 65, retry: false },
  INVALID_WIRE: { http: 400, reason: 'BadRequest', grpc: 3, exit: 65, retry: false },
  TOO_LARGE: { http: 413, reason: 'RequestEntityTooLarge', grpc: 8, exit: 65, retry: false },
  UNSUPPORTED_MEDIA: {
    http: 415,
    reason: 'UnsupportedMediaType',
    grpc: 3,
    exit: 64,
    retry: false,
  },
  UNAUTHENTICATED: { http: 401, reason: 'Unauthorized', grpc: 16, exit: 77, retry: false },
  PERMISSION_DENIED: { http: 403, reason: 'Forbidden', grpc: 7, exit: 77, retry: false },
  NOT_FOUND: { http: 404, reason: 'NotFound', grpc: 5, exit: 66, retry: false },
  ALREADY_EXISTS: { http: 409, reason: 'AlreadyExists', grpc: 6, exit: 73, retry: false },
  CONFLICT: { http: 409, reason: 'Conflict', grpc: 10, exit: 75, retry: true },
  OWNED_ELSEWHERE: { http: 409, reason: 'Conflict', grpc: 9, exit: 77, retry: false },
  EXPIRED: { http: 410, reason: 'Expired', grpc: 11, exit: 75, retry: true },
  ADDRESS_IN_USE: { http: 500, reason: 'InternalError', grpc: 14, exit: 69, retry: true },
  STORE_FAILED: { http: 503, reason: 'ServiceUnavailable', grpc: 14, exit: 74, retry: true },
  FORMAT_TOO_NEW: { http: 500, reason: 'InternalError', grpc: 13, exit: 78, retry: false },
  UNAVAILABLE: { http: 503, reason: 'ServiceUnavailable', grpc: 14, exit: 69, retry: true },
  UNIMPLEMENTED: { http: 501, reason: 'NotImplemented', grpc: 12, exit: 64, retry: false },
  TIMEOUT: { http: 504, reason: 'Timeout', grpc: 4, exit: 75, retry: true },
  CONFIG: { http: 500, reason: 'InternalError', grpc: 13, exit: 78, retry: false },
  INTERNAL: { http: 500, reason: 'InternalError', grpc: 13, exit: 70, retry: false },
} as const satisfies Record<string, ErrorMeaning>;

export interface ErrorMeaning {
  readonly http: number;
  readonly reason: string;
  readonly grpc: number;
  readonly exit: number;
  readonly retry: boolean;
}

export type ErrorCode = keyof typeof ERROR_CODES;
