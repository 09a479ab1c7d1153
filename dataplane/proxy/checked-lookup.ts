// SPDX-License-Identifier: Apache-2.0
import type { LookupAddress, LookupOptions } from 'node:dns';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { type AddressRules, refuseAddress } from './backend-address.js';

type LookupAll = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

type LookupDone = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * DNS with the rules applied to its answers: a name must not lead where an address may not. The socket dials the addresses that
 * are handed on here and asks nobody again, so a name cannot mean something else a moment later.
 */
export function checkedLookup(port: number, rules: AddressRules, lookup: LookupAll) {
  return (hostname: string, options: LookupOptions, done: LookupDone): void => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, []);
      const reasons = addresses.map(({ address }) => refuseAddress(address, port, rules));
      const allowed = addresses.filter((_, index) => reasons[index] === undefined);
      const [first] = allowed;
      if (first === undefined)
        return done(forbiddenError(hostname, reasons[0] ?? 'no address'), []);
      if (options.all) return done(null, allowed);
      done(null, first.address, first.family);
    });
  };
}

/** For the operator's log; a client never gets to see an address. */
export function forbiddenError(host: string, reason: string): HeartlineError {
  return new HeartlineError('PERMISSION_DENIED', `backend ${host} is refused: ${reason}`, {
    subject: host,
  });
}
