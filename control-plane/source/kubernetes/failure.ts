// SPDX-License-Identifier: Apache-2.0
import { isJsonObject } from '../../policy/structural-schema.js';
import type { Failure, FailureCause } from './reflector-machine.js';

/** What the cluster answered to a request that it did not carry out. */
export interface ClusterAnswer {
  readonly status: number;
  /** Parsed JSON, a metav1.Status as a rule; undefined when it was none. */
  readonly body: unknown;
  /** The Retry-After field, as sent. */
  readonly retryAfter: string | undefined;
}

/** Longest pause that a server can make us take, milliseconds: beyond it somebody made a mistake. */
const MAX_RETRY_AFTER_MS = 60_000;

/** Sorts an answer by what has to be done about it. */
export function failureOf(answer: ClusterAnswer): Failure {
  const retryAfterMs = readRetryAfterMs(answer);
  return {
    cause: causeOf(answer),
    message: messageOf(answer),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function causeOf(answer: ClusterAnswer): FailureCause {
  switch (answer.status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'denied';
    case 404:
      return 'absent';
    case 410:
      return 'expired';
    case 429:
      return 'throttled';
    case 504:
      return isAhead(answer) ? 'expired' : 'unavailable';
    default:
      return answer.status >= 500 ? 'unavailable' : 'unintelligible';
  }
}

/** The server has not reached the revision that was asked for, and perhaps never will: its history is another one. */
function isAhead({ body }: ClusterAnswer): boolean {
  const text = JSON.stringify(body) ?? '';
  return /ResourceVersionTooLarge|Too large resource version/i.test(text);
}

function messageOf({ status, body }: ClusterAnswer): string {
  const message = isJsonObject(body) ? body['message'] : undefined;
  return typeof message === 'string' && message !== '' ? message : `status ${status}`;
}

/** RFC 9110 §10.2.3 in its form of seconds, as Kubernetes sends it, or the one in the Status. */
function readRetryAfterMs({ retryAfter, body }: ClusterAnswer): number | undefined {
  const details = isJsonObject(body) && isJsonObject(body['details']) ? body['details'] : {};
  const seconds = Number(retryAfter ?? details['retryAfterSeconds'] ?? Number.NaN);
  if (!Number.isFinite(seconds) || seconds <= 0) return undefined;
  return Math.min(MAX_RETRY_AFTER_MS, seconds * 1_000);
}

/** `errno` names of a connection that nobody took: whoever answers next may be another server. */
const NOBODY_THERE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** A connection that could not be made, or was cut. */
export function connectionFailure(thrown: unknown): Failure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return {
    cause: NOBODY_THERE.has(code) ? 'refused' : 'unavailable',
    message: error.message || code,
  };
}
