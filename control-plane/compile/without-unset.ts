// SPDX-License-Identifier: Apache-2.0

/** T without the fields that are undefined. */
type Set<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** A copy without undefined fields and empty lists: what is unset in the object stays unset on the wire. */
export function withoutUnset<T extends object>(fields: T): Set<T> {
  const result: Set<T> = {};
  for (const key of Object.keys(fields) as (keyof T)[]) {
    const value = fields[key];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    result[key] = value as Exclude<T[keyof T], undefined>;
  }
  return result;
}
