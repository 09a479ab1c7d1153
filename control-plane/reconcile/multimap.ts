// SPDX-License-Identifier: Apache-2.0

/** Named values in groups; a group is gone when its last value is. */
export interface Multimap<Value> {
  set(group: string, name: string, value: Value): void;
  delete(group: string, name: string): void;
  values(group: string): Iterable<Value>;
  /** Groups that have a value. */
  keys(): readonly string[];
}

export function createMultimap<Value>(): Multimap<Value> {
  const groups = new Map<string, Map<string, Value>>();
  return {
    set(group, name, value) {
      const values = groups.get(group);
      if (values === undefined) groups.set(group, new Map([[name, value]]));
      else values.set(name, value);
    },
    delete(group, name) {
      const values = groups.get(group);
      values?.delete(name);
      if (values?.size === 0) groups.delete(group);
    },
    values: (group) => groups.get(group)?.values() ?? [],
    keys: () => [...groups.keys()],
  };
}
