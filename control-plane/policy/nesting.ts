// SPDX-License-Identifier: Apache-2.0

/** Whether lists and objects lie inside each other more than `levels` times; looks no deeper than that. */
export function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((field) => isNestedDeeper(field, levels - 1));
}
