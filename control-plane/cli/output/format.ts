// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';

export type OutputFormat = 'table' | 'json' | 'yaml';

/** `value` as indented JSON or YAML text, key order kept. */
export function renderValue(value: unknown, format: Exclude<OutputFormat, 'table'>): string {
  return format === 'json' ? JSON.stringify(value, undefined, 2) : stringify(value).trimEnd();
}
