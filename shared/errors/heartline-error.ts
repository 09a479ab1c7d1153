// SPDX-License-Identifier: Apache-2.0
import { ERROR_CODES, type ErrorCode, type ErrorMeaning } from './codes.js';

/** One field of one input that is wrong; an error may carry several. */
export interface FieldProblem {
  /** Dotted path from the object's root, e.g. `spec.frontend.tcp.keepalive.time`. */
  readonly field: string;
  /** A sentence with the value, the limit and what to write instead. */
  readonly message: string;
  /** Kubernetes cause reason, e.g. `FieldValueInvalid`. */
  readonly reason?: string;
}

export interface ErrorDetails {
  /** The object, address, file or port that the error is about. */
  readonly subject?: string;
  readonly problems?: readonly FieldProblem[];
  /** What was caught; kept so that no information is lost. */
  readonly cause?: unknown;
}

/** The one error class: code decides, the message instructs the operator. */
export class HeartlineError extends Error {
  override readonly name = 'HeartlineError';
  readonly code: ErrorCode;
  readonly subject: string | undefined;
  readonly problems: readonly FieldProblem[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.subject = details.subject;
    this.problems = details.problems ?? [];
  }

  get meaning(): ErrorMeaning {
    return ERROR_CODES[this.code];
  }
}

/** Turns anything that was thrown into a HeartlineError; the original stays as its cause. */
export function toHeartlineError(thrown: unknown, code: ErrorCode = 'INTERNAL'): HeartlineError {
  if (thrown instanceof HeartlineError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HeartlineError(code, message, { cause: thrown });
}

/** `errno` name of a system error (`EADDRINUSE`, `ENOSPC`), or undefined. */
export function errnoOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
