// SPDX-License-Identifier: Apache-2.0
import { jsonEqual } from '../log/json-equal.js';
import type { JsonValue } from '../log/transaction.js';

/** Conditions' sentences, and the policies' `2/3`. */
const COUNTING_FIELDS: ReadonlySet<string> = new Set(['message', 'inForce']);

/**
 * True when two statuses differ in sentences only (`3 of 5 workers`) and counts (`3/5`): no condition changed its status, reason
 * or generation, so nobody waits for it.
 */
export function isOnlyCounting(before: JsonValue | undefined, after: JsonValue): boolean {
  if (before === undefined) return false;
  return jsonEqual(withoutCounts(before), withoutCounts(after));
}

function withoutCounts(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutCounts);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !COUNTING_FIELDS.has(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutCounts(inner)]));
}
