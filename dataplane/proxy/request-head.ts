// SPDX-License-Identifier: Apache-2.0
import { isHopByHop } from '../../shared/names/http-fields.js';
import type { HttpSettings } from '../engine/plan.js';
import { addNamedByConnection, type FlatHeaders } from './headers.js';

/** The head of an HTTP/1 request as a parser found it. */
export interface RawRequestHead {
  readonly method: string;
  readonly target: string;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly rawHeaders: FlatHeaders;
}

/** What is to be passed on of a request head that has one meaning. */
export interface RequestHead {
  readonly refusal: undefined;
  /** Origin form, or `*`. */
  readonly target: string;
  /** Empty for HTTP/1.0 without a Host. */
  readonly host: string;
  /** End-to-end headers; Host is that of an absolute target. */
  readonly headers: string[];
  readonly hasBody: boolean;
}

/** A head that is not passed on: what the client is told before its connection is closed. */
export interface HeadRefusal {
  readonly refusal: { readonly status: number; readonly text: string };
}

/** Bytes; as in the reference proxy. RFC 9112 §3 asks for 8000 at least. */
const MAX_TARGET_BYTES = 65_534;
/** `uri-host [":" port]` (RFC 3986 §3.2.2) without the comma, which a merged list of hosts would have. */
const AUTHORITY = /^(?:[\w.~!$&'()*+;=%-]+|\[[\da-fA-F:.]+\])(?::(\d{0,5}))?$/;
const ABSOLUTE_FORM = /^https?:\/\/([^/?]*)(.*)$/i;
const CHUNKED = /^chunked$/i;
const ENDS_CHUNKED = /,[ \t]*chunked$/i;

/**
 * Reads a request's head strictly: where two recipients could disagree on where the request ends or where it goes, it is
 * refused (RFC 9112 §3.2, §6.3, §11.2), also where the parser is more lenient.
 */
export function readRequestHead(
  raw: RawRequestHead,
  { http1MaxHeaders, http1HeaderCase }: Pick<HttpSettings, 'http1MaxHeaders' | 'http1HeaderCase'>,
): RequestHead | HeadRefusal {
  const fields = raw.rawHeaders.length / 2;
  if (fields > http1MaxHeaders) {
    return refuse(431, `${fields} header fields, at most ${http1MaxHeaders}`);
  }
  const refusal = refuseLine(raw);
  if (refusal !== undefined) return refusal;
  const read = readFields(raw.rawHeaders, http1HeaderCase);
  return refuseFraming(raw, read) ?? aim(raw, read);
}

function refuse(status: number, text: string): HeadRefusal {
  return { refusal: { status, text } };
}

function refuseLine(raw: RawRequestHead): HeadRefusal | undefined {
  if (raw.httpVersionMajor > 1) return refuse(505, 'this port speaks HTTP/1.1 and HTTP/2');
  if (raw.httpVersionMajor < 1) return refuse(400, 'HTTP/0.9 is not served');
  // The parser takes it from streaming clients that are older than HTTP/1.1 ("SOURCE / ICE/1.0").
  if (raw.method === 'SOURCE') return refuse(400, 'not an HTTP request');
  if (raw.target.length > MAX_TARGET_BYTES) {
    return refuse(414, `a target of ${raw.target.length} bytes, at most ${MAX_TARGET_BYTES}`);
  }
  return undefined;
}

interface Fields {
  readonly headers: string[];
  readonly host: string;
  /** Place of Host's value in `headers`; −1 without one. */
  readonly hostAt: number;
  readonly hosts: number;
  readonly lengths: number;
  readonly length: string;
  /** All Transfer-Encoding fields as one list; undefined without any. */
  readonly coding: string | undefined;
}

function readFields(raw: FlatHeaders, headerCase: HttpSettings['http1HeaderCase']): Fields {
  const named = namedByConnection(raw);
  const headers: string[] = [];
  let host = '';
  let hostAt = -1;
  let hosts = 0;
  let lengths = 0;
  let length = '0';
  let coding: string | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'transfer-encoding') coding = coding === undefined ? value : `${coding},${value}`;
    // Trailers of requests end here: the client library behind us cannot send any, so none are promised.
    if (isHopByHop(lower) || lower === 'trailer' || named?.has(lower)) continue;
    if (lower === 'host') {
      host = value;
      hostAt = headers.length + 1;
      hosts += 1;
    } else if (lower === 'content-length') {
      length = value;
      lengths += 1;
    }
    headers.push(headerCase === 'preserve' ? name : lower, value);
  }
  return { headers, host, hostAt, hosts, lengths, length, coding };
}

function namedByConnection(raw: FlatHeaders): Set<string> | undefined {
  let named: Set<string> | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (name.length === 10 && name.toLowerCase() === 'connection') {
      named = addNamedByConnection(named, raw[i + 1] ?? '');
    }
  }
  return named;
}

function refuseFraming(raw: RawRequestHead, fields: Fields): HeadRefusal | undefined {
  const { coding, length, lengths } = fields;
  if (lengths > 1) return refuse(400, 'more than one Content-Length');
  if (lengths === 1 && !isLength(length)) return refuse(400, 'a Content-Length that is no length');
  if (coding === undefined) return undefined;
  if (lengths > 0) return refuse(400, 'Content-Length and Transfer-Encoding');
  if (raw.httpVersionMinor === 0) return refuse(400, 'Transfer-Encoding in HTTP/1.0');
  if (CHUNKED.test(coding)) return undefined;
  return ENDS_CHUNKED.test(coding)
    ? refuse(501, 'a transfer coding that is not chunked')
    : refuse(400, 'a Transfer-Encoding that does not end with chunked');
}

/** Digits that a number holds exactly: what is added to it elsewhere must not round it. */
export function isLength(value: string): boolean {
  return /^\d{1,16}$/.test(value) && Number(value) <= Number.MAX_SAFE_INTEGER;
}

/** Where the request goes: the host, and the target without it (RFC 9112 §3.2). */
function aim(raw: RawRequestHead, fields: Fields): RequestHead | HeadRefusal {
  const { method, target, httpVersionMinor } = raw;
  const { hosts, host, headers } = fields;
  if (hosts > 1) return refuse(400, 'more than one Host');
  if (hosts === 0 && httpVersionMinor > 0) return refuse(400, 'no Host');
  if (hosts === 1 && !isAuthority(host)) return refuse(400, 'a Host that is no host');
  if (target.includes('#')) return refuse(400, 'a target with a fragment');
  const hasBody = fields.coding !== undefined || Number(fields.length) > 0;
  if (target.startsWith('/') || (target === '*' && method === 'OPTIONS')) {
    return { refusal: undefined, target, host, headers, hasBody };
  }
  const [, authority = '', rest = ''] = ABSOLUTE_FORM.exec(target) ?? [];
  if (!isAuthority(authority)) return refuse(400, 'a target that is neither path nor http URL');
  // The authority in the target overrules Host, and the backend must not see another one (§3.2.2).
  if (fields.hostAt === -1) headers.unshift('host', authority);
  else headers[fields.hostAt] = authority;
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return { refusal: undefined, target: path, host: authority, headers, hasBody };
}

/** `host` or `host:port`, and nothing else. */
export function isAuthority(text: string): boolean {
  const match = AUTHORITY.exec(text);
  return match !== null && Number(match[1] ?? 0) <= 65_535;
}
