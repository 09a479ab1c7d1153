// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';

export type JsonObject = { readonly [key: string]: JsonValue };

/** A JSON object, as opposed to a list, a scalar or nothing. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** The field of an object that is its own: `__proto__` and `constructor` are names like any other. */
export function fieldOf(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets a field even when it is called `__proto__`, which plain assignment would swallow. */
export function withField<Value>(target: Record<string, Value>, key: string, value: Value): void {
  if (key !== '__proto__') {
    target[key] = value;
    return;
  }
  const own = { value, enumerable: true, writable: true, configurable: true };
  Object.defineProperty(target, key, own);
}
