// SPDX-License-Identifier: Apache-2.0
import {
  formatGoDuration,
  fromWireDurationMs,
  type WireDuration,
} from '../../shared/time/duration.js';

/**
 * A decoded message as a dump shows a part that this worker does not serve: what is set, with durations as Go writes
 * them. Bytes are key material or certificates and never shown.
 */
export function dumpValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dumpValue);
  if (value instanceof Uint8Array) return '<redacted>';
  if (typeof value !== 'object' || value === null) return value;
  if (isDuration(value)) return formatGoDuration(fromWireDurationMs(value));
  const fields = value as { readonly [key: string]: unknown };
  const shown = Object.keys(fields).filter((key) => !isAddedByDecoding(key, fields));
  return Object.fromEntries(shown.map((key) => [key, dumpValue(fields[key])]));
}

function isDuration(value: object): value is WireDuration {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key === 'seconds' || key === 'nanos');
}

/** Names of the members that oneofs have set, and lists that were not sent. */
function isAddedByDecoding(key: string, fields: { readonly [key: string]: unknown }): boolean {
  const field = fields[key];
  if (Array.isArray(field)) return field.length === 0;
  return key.startsWith('_') || (key === 'kind' && typeof field === 'string' && field in fields);
}
