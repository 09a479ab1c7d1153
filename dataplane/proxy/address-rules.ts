// SPDX-License-Identifier: Apache-2.0
import { lookup } from 'node:dns';
import { networkInterfaces } from 'node:os';
import type { AddressRules, ForbiddenPort } from './backend-address.js';
import { OwnNames } from './own-names.js';

export interface AddressRulesOptions {
  readonly allowLocal: boolean;
  readonly forbidden: readonly ForbiddenPort[];
  readonly monotonicMs: () => number;
}

/** The rules of this machine: its interfaces and its DNS. */
export function createAddressRules(options: AddressRulesOptions): AddressRules {
  const { allowLocal, forbidden, monotonicMs } = options;
  const names = new OwnNames({ resolve, monotonicMs });
  const addressesOf = (host: string) => names.addressesOf(host);
  return { allowLocal, forbidden, localAddresses, addressesOf };
}

function resolve(host: string, done: (addresses: readonly string[] | undefined) => void): void {
  lookup(host, { all: true }, (error, found) =>
    done(error === null ? found.map(({ address }) => address) : undefined),
  );
}

function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((it) => it.address));
}
