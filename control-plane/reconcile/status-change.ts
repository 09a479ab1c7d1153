// SPDX-License-Identifier: Apache-2.0
import { jsonEqual } from '../log/json-equal.js';
import type { JsonValue } from '../log/transaction.js';

/**
 * True when two statuses differ in sentences only (`3 of 5 workers`): no condition changed its status, reason
 * or generation, so nobody waits for it.
 */
export function isOnlyCounting(before: JsonValue | undefined, after: JsonValue): boolean {
  if (before === undefined) return false;
  return jsonEqual(withoutMessages(before), withoutMessages(after));
}

function withoutMessages(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutMessages);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== 'message');
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutMessages(inner)]));
}
