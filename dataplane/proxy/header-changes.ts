// SPDX-License-Identifier: Apache-2.0
import type { HeaderChanges, HeaderField, HttpSettings } from '../engine/plan.js';
import type { FlatHeaders } from './headers.js';

/**
 * Headers after a filter's changes, in the order add, set, remove. Added values join the field that is there, as Gateway API
 * writes it (`foo` and `bar,baz` give `foo,bar,baz`), but Set-Cookie, whose fields cannot be joined (RFC 9110 §5.3).
 */
export function changeHeaders(
  headers: FlatHeaders,
  changes: HeaderChanges,
  headerCase: HttpSettings['http1HeaderCase'],
): string[] {
  const changed = [...headers];
  for (const field of changes.add) addField(changed, field, headerCase);
  for (const field of changes.set) {
    removeFields(changed, field.name.toLowerCase());
    changed.push(nameIn(headerCase, field.name), field.value);
  }
  for (const name of changes.remove) removeFields(changed, name);
  return changed;
}

function addField(
  headers: string[],
  { name, value }: HeaderField,
  headerCase: HttpSettings['http1HeaderCase'],
): void {
  const lower = name.toLowerCase();
  for (let i = headers.length - 2; lower !== 'set-cookie' && i >= 0; i -= 2) {
    if (headers[i]?.toLowerCase() !== lower) continue;
    const before = headers[i + 1] ?? '';
    headers[i + 1] = before === '' ? value : `${before},${value}`;
    return;
  }
  headers.push(nameIn(headerCase, name), value);
}

/** In place. */
function removeFields(headers: string[], lowerCaseName: string): void {
  let kept = 0;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (name.toLowerCase() === lowerCaseName) continue;
    headers[kept] = name;
    headers[kept + 1] = headers[i + 1] ?? '';
    kept += 2;
  }
  headers.length = kept;
}

function nameIn(headerCase: HttpSettings['http1HeaderCase'], name: string): string {
  return headerCase === 'preserve' ? name : name.toLowerCase();
}
