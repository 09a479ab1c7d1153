// SPDX-License-Identifier: Apache-2.0
import type { HttpSettings } from '../engine/plan.js';
import { responseHeaders, textOf, withoutNames } from './headers.js';
import { isLength } from './request-head.js';

export interface ResponseFields {
  /** End-to-end headers. */
  readonly headers: readonly string[];
  /** Why the response has no certain end; undefined when it has. */
  readonly problem: string | undefined;
  /** It has a Content-Length, which in a response without content says nothing about what follows. */
  readonly hasLength: boolean;
}

const LENGTH = new Set(['content-length']);

/**
 * Reads the head of a backend's response. undici's parser takes transfer codings that it does not know for content up to
 * the end of the connection, and lengths that no number holds: a client behind us could see another end (RFC 9112 §6.3).
 */
export function readResponseHead(
  status: number,
  raw: readonly (Buffer | string)[],
  headerCase: HttpSettings['http1HeaderCase'],
): ResponseFields {
  let codings = 0;
  let problem = status < 100 ? 'a status that is none' : undefined;
  let hasLength = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i];
    if (name === undefined || (name.length !== 14 && name.length !== 17)) continue;
    const lower = textOf(name).toLowerCase();
    if (lower === 'content-length') {
      hasLength = true;
      if (!isLength(textOf(raw[i + 1]))) problem = 'a Content-Length that is no length';
    } else if (lower === 'transfer-encoding') {
      codings += 1;
      if (codings > 1 || textOf(raw[i + 1]).toLowerCase() !== 'chunked') {
        problem = 'a Transfer-Encoding that is not chunked';
      }
    }
  }
  const headers = responseHeaders(raw, headerCase);
  // Neither informational responses nor 204 may have one (RFC 9110 §8.6).
  const without = hasLength && (status < 200 || status === 204);
  return { headers: without ? withoutNames(headers, LENGTH) : headers, problem, hasLength };
}

/** A response that ends with its head, whatever the head says (RFC 9112 §6.3). */
export function isBodiless(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

/** The reason phrase, or nothing when it is more than ASCII: bytes decoded and encoded again could become a line end. */
export function plainReason(reason: string): string {
  return /^[\t\x20-\x7e]*$/.test(reason) ? reason : '';
}
