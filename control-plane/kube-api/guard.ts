// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import { HeartlineError } from '../../shared/errors/heartline-error.js';

/**
 * Refuses requests that a web page could have sent: a page's own host name that resolves to this
 * address (DNS rebinding) fails the Host list, a page of another origin fails the Origin check.
 * `allowedHosts` are host names without port. Addresses always pass: only a name can be made to resolve to
 * another machine's.
 */
export function checkHostAndOrigin(
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
  allowedHosts: readonly string[],
): void {
  const host = headers.host ?? '';
  const name = hostName(host);
  if (name === undefined || !(isIP(name) !== 0 || allowedHosts.includes(name))) {
    throw new HeartlineError(
      'PERMISSION_DENIED',
      `Host ${JSON.stringify(host)} is not allowed here; use an address or one of: ${[...allowedHosts].sort().join(', ')}`,
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

/** Lower-case host name of a Host header (`[::1]:9979` → `::1`), or undefined when it is none. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/.exec(host.toLowerCase());
  return match?.[1] ?? match?.[2];
}
