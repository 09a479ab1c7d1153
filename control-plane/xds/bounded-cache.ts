// SPDX-License-Identifier: Apache-2.0

/** Keeps what was made most recently, up to a total weight; the oldest leaves first. */
export interface BoundedCache<Value> {
  /** The kept value, or a new one made by `make`. A value heavier than the whole cache is not kept. */
  getOrMake(key: string, make: () => Value): Value;
}

export function createBoundedCache<Value>(
  maxWeight: number,
  weightOf: (value: Value) => number,
): BoundedCache<Value> {
  const kept = new Map<string, Value>();
  let weight = 0;
  const dropOldest = (): void => {
    for (const [key, value] of kept) {
      if (weight <= maxWeight) return;
      kept.delete(key);
      weight -= weightOf(value);
    }
  };
  return {
    getOrMake(key, make) {
      const found = kept.get(key);
      if (found !== undefined) return found;
      const made = make();
      if (weightOf(made) > maxWeight) return made;
      kept.set(key, made);
      weight += weightOf(made);
      dropOldest();
      return made;
    },
  };
}
