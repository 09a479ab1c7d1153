// SPDX-License-Identifier: Apache-2.0

export interface OwnNamesOptions {
  /** DNS: every address of a name, or undefined when there is no answer. */
  readonly resolve: (
    host: string,
    done: (addresses: readonly string[] | undefined) => void,
  ) => void;
  readonly monotonicMs: () => number;
}

/** A control plane that moves is noticed within this. */
const FRESH_MS = 30_000;

interface Known {
  addresses: readonly string[] | undefined;
  askedMs: number;
}

/** Addresses of host names that no backend may lead to. Asked for when a backend has their port, which is hardly ever. */
export class OwnNames {
  readonly #options: OwnNamesOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: OwnNamesOptions) {
    this.#options = options;
  }

  /** Undefined while DNS has not answered. An answer is kept until the next one. */
  addressesOf(host: string): readonly string[] | undefined {
    const { monotonicMs, resolve } = this.#options;
    const known = this.#known.get(host) ?? { addresses: undefined, askedMs: -FRESH_MS };
    this.#known.set(host, known);
    const nowMs = monotonicMs();
    if (nowMs - known.askedMs >= FRESH_MS) {
      known.askedMs = nowMs;
      resolve(host, (addresses) => {
        if (addresses === undefined) known.askedMs = -FRESH_MS;
        else known.addresses = addresses;
      });
    }
    return known.addresses;
  }
}
