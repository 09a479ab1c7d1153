// SPDX-License-Identifier: Apache-2.0

/** Values by hostname: exact names, `*.` wildcards (longest first), and '' for every host. */
export class HostTable<T> {
  readonly #create: () => T;
  readonly #exact = new Map<string, T>();
  /** By what follows the star: `*.example.com` is under `.example.com`. */
  readonly #wildcards = new Map<string, T>();
  /** No suffix is longer: a hostname of a thousand dots costs no more than one as long as this. */
  #longestSuffix = 0;
  #any: T | undefined;

  constructor(create: () => T) {
    this.#create = create;
  }

  /** The value of this very hostname, made when it is missing. */
  at(hostname: string): T {
    if (hostname === '' || hostname === '*') {
      this.#any ??= this.#create();
      return this.#any;
    }
    if (!hostname.startsWith('*.')) return this.#valueIn(this.#exact, hostname);
    const suffix = hostname.slice(1);
    this.#longestSuffix = Math.max(this.#longestSuffix, suffix.length);
    return this.#valueIn(this.#wildcards, suffix);
  }

  /** The first defined answer of `look`, from the most specific hostname to the least. */
  firstMatch<R>(hostname: string, look: (value: T) => R | undefined): R | undefined {
    const exact = this.#exact.get(hostname);
    const found = exact === undefined ? undefined : look(exact);
    if (found !== undefined) return found;
    if (this.#wildcards.size > 0) {
      const covered = this.#firstWildcard(hostname, look);
      if (covered !== undefined) return covered;
    }
    return this.#any === undefined ? undefined : look(this.#any);
  }

  #firstWildcard<R>(hostname: string, look: (value: T) => R | undefined): R | undefined {
    // The dot is part of the suffix, and something must precede it: `*.example.com` does not cover `example.com`.
    const from = Math.max(1, hostname.length - this.#longestSuffix);
    for (let dot = hostname.indexOf('.', from); dot !== -1; dot = hostname.indexOf('.', dot + 1)) {
      const value = this.#wildcards.get(hostname.slice(dot));
      const found = value === undefined ? undefined : look(value);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #valueIn(map: Map<string, T>, key: string): T {
    const existing = map.get(key);
    if (existing !== undefined) return existing;
    const value = this.#create();
    map.set(key, value);
    return value;
  }
}
