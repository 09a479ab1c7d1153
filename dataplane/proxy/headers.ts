// SPDX-License-Identifier: Apache-2.0
import { isHopByHop, isUnchangeable } from '../../shared/names/http-fields.js';
import type { HttpSettings } from '../engine/plan.js';

/** Names and values in turn, in order, duplicates kept: `[name, value, name, value, …]`. */
export type FlatHeaders = readonly string[];

/** Options that Connection always carries and that name no header to drop. */
const CONNECTION_OPTIONS = new Set(['close', 'keep-alive', 'upgrade', 'host', 'content-length']);

/** Adds the header names in a Connection value; undefined stays undefined when there is none. */
export function addNamedByConnection(
  named: Set<string> | undefined,
  value: string,
): Set<string> | undefined {
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

/** What is to be passed on of a response head, as undici hands it over. */
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
      if (lower === 'connection') named = addNamedByConnection(named, textOf(raw[i + 1]));
      continue;
    }
    headers.push(headerCase === 'preserve' ? name : lower, textOf(raw[i + 1]));
  }
  return named === undefined ? headers : withoutNames(headers, named);
}

/** What is to be passed on of a trailer section: no field on which framing or routing depends (RFC 9110 §6.5.1). */
export function trailerFields(raw: readonly (Buffer | string)[]): string[] {
  const fields: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = textOf(raw[i]);
    if (!isUnchangeable(name.toLowerCase())) fields.push(name, textOf(raw[i + 1]));
  }
  return fields;
}

export function textOf(part: Buffer | string | undefined): string {
  if (part === undefined) return '';
  return typeof part === 'string' ? part : part.toString('latin1');
}

/** Without the fields of these names, which are in lower case. */
export function withoutNames(headers: FlatHeaders, named: ReadonlySet<string>): string[] {
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
    const name = headers[i] ?? '';
    if (name.length !== lowerCaseName.length || name.toLowerCase() !== lowerCaseName) continue;
    values.push(headers[i + 1] ?? '');
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
