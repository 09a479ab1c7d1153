// SPDX-License-Identifier: Apache-2.0
import { isHopByHop } from '../../shared/names/http-fields.js';
import type { FlatHeaders } from './headers.js';
import { isAuthority, isLength } from './request-head.js';

/** An answer of the proxy itself, before any route is asked. */
export interface Problem {
  readonly status: number;
  readonly text: string;
}

/** What an HTTP/2 request head says, in the form that HTTP/1.1 backends get. */
export interface Http2RequestHead {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  /** Without pseudo-headers and fields of one connection; Host takes the place of :authority. */
  readonly headers: FlatHeaders;
  /** The client waits for 100 (Continue) before it sends its body (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean;
  /** Set: the request must not be forwarded. */
  readonly problem: Problem | undefined;
}

interface Parts {
  method: string;
  path: string;
  authority: string | undefined;
  host: string | undefined;
  length: string;
  expect: string;
  cookie: string;
}

/**
 * Reads the fields as they came: names and values in turn, order and repetitions kept. The HTTP/2 library has refused what is
 * malformed for every peer (RFC 9113 §8.2, §8.3): unknown, repeated, missing or misplaced pseudo-headers, names in upper case,
 * fields of one connection. What is left to decide is what a proxy to HTTP/1.1 must not pass on.
 */
export function readRequestHead(raw: FlatHeaders): Http2RequestHead {
  const parts: Parts = {
    method: '',
    path: '',
    authority: undefined,
    host: undefined,
    length: '0',
    expect: '',
    cookie: '',
  };
  const fields: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    if (name === 'content-length') parts.length = value;
    // Trailers of requests end here: the client library behind us cannot send any, so none are promised.
    if (take(parts, name, value) || isHopByHop(name) || name === 'trailer') continue;
    fields.push(name, value);
  }
  const host = parts.authority ?? parts.host ?? '';
  if (parts.cookie !== '') fields.push('cookie', parts.cookie);
  return {
    method: parts.method,
    target: parts.path,
    host,
    headers: host === '' ? fields : ['host', host, ...fields],
    expectsContinue: parts.expect === '100-continue',
    problem: problemOf(parts),
  };
}

/** True for what is not a field of its own in HTTP/1.1. */
function take(parts: Parts, name: string, value: string): boolean {
  switch (name) {
    case ':method':
      parts.method = value;
      return true;
    case ':path':
      parts.path = value;
      return true;
    case ':authority':
      parts.authority = value;
      return true;
    case ':scheme':
      return true;
    case 'host':
      parts.host = value;
      return true;
    case 'expect':
      parts.expect = value.toLowerCase();
      return true;
    case 'cookie':
      // Clients split it for compression; HTTP/1.1 knows only one (RFC 9113 §8.2.3).
      parts.cookie = parts.cookie === '' ? value : `${parts.cookie}; ${value}`;
      return true;
    default:
      return false;
  }
}

/** What a request target may hold (RFC 3986 §3.3, §3.4, and what browsers leave unescaped): no fragment, nothing beyond ASCII. */
const TARGET = /^\/[!"$-~]*$/;

function problemOf(parts: Parts): Problem | undefined {
  const { method, path, authority, host, length, expect } = parts;
  // Denied unless a policy allows it.
  if (method === 'CONNECT') return { status: 405, text: 'CONNECT is not allowed' };
  // RFC 9113 §11.6: the first word of the connection preface, never a method.
  if (method === 'PRI') return { status: 400, text: 'PRI is not a method' };
  if (!TARGET.test(path) && (path !== '*' || method !== 'OPTIONS')) {
    return { status: 400, text: ':path has to begin with / and to be ASCII without a fragment' };
  }
  if (!isAuthority(authority ?? host ?? '')) {
    return { status: 400, text: ':authority or Host that is no host' };
  }
  if (!isLength(length)) return { status: 400, text: 'a Content-Length that is no length' };
  // Two names for one request: what checks one and what routes by the other would disagree (RFC 9113 §8.3.1).
  if (authority !== undefined && host !== undefined && !sameHost(authority, host)) {
    return { status: 400, text: 'Host differs from :authority' };
  }
  if (expect !== '' && expect !== '100-continue') {
    return { status: 417, text: 'the only expectation that can be met is 100-continue' };
  }
  return undefined;
}

function sameHost(a: string, b: string): boolean {
  return a === b || withoutPort(a) === withoutPort(b);
}

/** Lower case, without the port when it is the scheme's own. */
function withoutPort(authority: string): string {
  return authority.toLowerCase().replace(/:80$/, '');
}
