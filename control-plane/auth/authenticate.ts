// SPDX-License-Identifier: Apache-2.0
import { createHash, timingSafeEqual } from 'node:crypto';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Audience, Identity, TokenEntry } from './identity.js';

/** Finds the identity behind an Authorization header; throws UNAUTHENTICATED. */
export type Authenticator = (authorization: string | undefined, audience: Audience) => Identity;

const TOKEN_OF: Readonly<Record<Audience, string>> = {
  api: 'the token in api.token',
  worker: 'the token in worker.token',
};

/**
 * Compares digests, so that neither content nor length of a token leaks through time, and looks at every
 * entry, so that its place does not either.
 */
export function createAuthenticator(entries: readonly TokenEntry[]): Authenticator {
  const known = entries.map((entry) => ({ ...entry, digest: digestOf(entry.token) }));
  return (authorization, audience) => {
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      throw new HeartlineError(
        'UNAUTHENTICATED',
        `no bearer token; send "authorization: Bearer" with ${TOKEN_OF[audience]} of the control plane's data directory`,
      );
    }
    const presented = digestOf(token);
    const matches = known.filter((entry) => timingSafeEqual(entry.digest, presented));
    const match = matches.find((entry) => entry.identity.audience === audience);
    if (match !== undefined) return match.identity;
    throw new HeartlineError(
      'UNAUTHENTICATED',
      `the bearer token does not open this; use ${TOKEN_OF[audience]} of the control plane's data directory`,
    );
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
