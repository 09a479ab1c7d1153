// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import { isObject, withField } from './json-object.js';

/** JSON merge patch (RFC 7396 section 2): null removes a field, objects merge, everything else replaces. */
export function applyMergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return patch;
  const result: Record<string, JsonValue> = {};
  const kept = isObject(target) ? target : {};
  for (const [key, value] of Object.entries(kept)) {
    if (!Object.hasOwn(patch, key)) withField(result, key, value);
  }
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) continue;
    const before = Object.hasOwn(kept, key) ? kept[key] : undefined;
    withField(result, key, applyMergePatch(before, change));
  }
  return result;
}
