// SPDX-License-Identifier: Apache-2.0
import { isHopByHop } from '../../shared/names/http-fields.js';
import type { HttpSettings } from '../engine/plan.js';

/** Names and values in turn, in order, duplicates kept: `[name, value, name, value, …]`. */
export type FlatHeaders = readonly string[];

export interface EndToEndHeaders {
  readonly headers: string[];
  readonly host: string;
  /** More than one Host header: the request has two meanings and must be refused (RFC 9112 §3.2). */
  readonly ambiguousHost: boolean;
  readonly hasBody: boolean;
}

/** What is to be passed on of an HTTP/1 request head; `raw` is as received. */
export function requestHeaders(
  raw: FlatHeaders,
  headerCase: HttpSettings['http1HeaderCase'],
): EndToEndHeaders {
  const named = namedByConnection(raw);
  const headers: string[] = [];
  let host = '';
  let hosts = 0;
  let hasBody = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'transfer-encoding') hasBody = true;
    if (isHopByHop(lower) || named?.has(lower)) continue;
    if (lower === 'host') {
      host = value;
      hosts += 1;
    } else if (lower === 'content-length') {
      hasBody ||= value !== '0';
    }
    headers.push(headerCase === 'preserve' ? name : lower, value);
  }
  return { headers, host, ambiguousHost: hosts > 1, hasBody };
}

/** What is to be passed on of a response head or of trailers, as undici hands them over. */
export function responseHeaders(
  raw: readonly (Buffer | string)[],
  headerCase: HttpSettings['http1HeaderCase'],
): string[] {
  const headers: string[] = [];
  let named: Set<string> | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = textOf(raw[i]);
    const lower = name.toLowerCase();
    if (isHopByHop(lower)) {
      if (lower === 'connection') named = addNames(named, textOf(raw[i + 1]));
      continue;
    }
    headers.push(headerCase === 'preserve' ? name : lower, textOf(raw[i + 1]));
  }
  return named === undefined ? headers : withoutNamed(headers, named);
}

function textOf(part: Buffer | string | undefined): string {
  if (part === undefined) return '';
  return typeof part === 'string' ? part : part.toString('latin1');
}

function namedByConnection(raw: FlatHeaders): Set<string> | undefined {
  let named: Set<string> | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (name.length === 10 && name.toLowerCase() === 'connection') {
      named = addNames(named, raw[i + 1] ?? '');
    }
  }
  return named;
}

/** Options that Connection always carries and that name no header to drop. */
const CONNECTION_OPTIONS = new Set(['close', 'keep-alive', 'upgrade', 'host', 'content-length']);

/** The header names in a Connection value; undefined stays undefined when there is none. */
function addNames(named: Set<string> | undefined, value: string): Set<string> | undefined {
  // Nearly every message has exactly this.
  if (value === 'keep-alive' || value === 'close') return named;
  let names = named;
  for (const token of value.split(',')) {
    const name = token.trim().toLowerCase();
    // A peer must not make the proxy drop what the message's framing and routing depend on.
    if (name === '' || CONNECTION_OPTIONS.has(name)) continue;
    names ??= new Set();
    names.add(name);
  }
  return names;
}

function withoutNamed(headers: readonly string[], named: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (!named.has(name.toLowerCase())) kept.push(name, headers[i + 1] ?? '');
  }
  return kept;
}

export function hasName(headers: FlatHeaders, lowerCaseName: string): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName) return true;
  }
  return false;
}

/** Values of every field of that name, in order. */
export function valuesOf(headers: FlatHeaders, lowerCaseName: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === lowerCaseName) values.push(headers[i + 1] ?? '');
  }
  return values;
}

/** The Upgrade protocols that are passed on: all but h2c, which a proxy must not forward. */
export function passableUpgrade(value: string): string {
  return value
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '' && token.toLowerCase() !== 'h2c')
    .join(', ');
}
