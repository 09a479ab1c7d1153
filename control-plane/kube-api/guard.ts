// SPDX-License-Identifier: Apache-2.0
import { createHash, timingSafeEqual } from 'node:crypto';
import { HeartlineError } from '../../shared/errors/heartline-error.js';

/** Who may call, by bearer token. */
export interface ApiToken {
  /** Written into the log as the author of changes. */
  readonly actor: string;
  readonly token: string;
}

/**
 * Refuses requests that a web page could have sent: a page's own host name that resolves to this
 * address (DNS rebinding) fails the Host list, a page of another origin fails the Origin check.
 * `allowedHosts` are host names without port; IPv6 addresses without brackets.
 */
export function checkHostAndOrigin(
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
  allowedHosts: readonly string[],
): void {
  const host = headers.host ?? '';
  const name = hostName(host);
  if (name === undefined || !allowedHosts.includes(name)) {
    throw new HeartlineError(
      'PERMISSION_DENIED',
      `Host ${JSON.stringify(host)} is not allowed here; use one of ${[...allowedHosts].sort().join(', ')}`,
    );
  }
  const { origin } = headers;
  if (origin === undefined) return;
  if (origin !== `http://${host}` && origin !== `https://${host}`) {
    throw new HeartlineError(
      'PERMISSION_DENIED',
      `Origin ${JSON.stringify(origin)} is not this server (${host}); call it from its own pages or without a browser`,
    );
  }
}

/** The identity behind an Authorization header; throws UNAUTHENTICATED. Compares in constant time. */
export function authenticate(
  authorization: string | undefined,
  tokens: readonly ApiToken[],
): ApiToken {
  const token = /^Bearer +([^\s]+) *$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) {
    throw new HeartlineError(
      'UNAUTHENTICATED',
      'no bearer token; send "Authorization: Bearer" with the token of the kubeconfig',
    );
  }
  const presented = digest(token);
  const match = tokens.filter((known) => timingSafeEqual(digest(known.token), presented))[0];
  if (match === undefined) {
    throw new HeartlineError(
      'UNAUTHENTICATED',
      'the bearer token is not known here; take the one in the kubeconfig that this server wrote',
    );
  }
  return match;
}

/** Lower-case host name of a Host header (`[::1]:9979` → `::1`), or undefined when it is none. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/.exec(host.toLowerCase());
  return match?.[1] ?? match?.[2];
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
