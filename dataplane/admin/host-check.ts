// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';

export interface BrowserHeaders {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/**
 * Why a request is refused before anything looks at it, or undefined. A web page that is open on the same machine can send
 * requests to loopback ports: it then shows its own name in Host (DNS rebinding: the name resolves to 127.0.0.1) or in Origin.
 * Addresses are safe as Host, because only a name can be made to resolve to something else.
 */
export function refuseForeignPage(
  headers: BrowserHeaders,
  ownNames: ReadonlySet<string>,
): string | undefined {
  const { host, origin } = headers;
  const name = hostName(host ?? '');
  if (name === undefined || !(name === 'localhost' || isIP(name) !== 0 || ownNames.has(name))) {
    return `host ${host || '(none)'} is not served here; use localhost or an address`;
  }
  if (origin !== undefined && origin.toLowerCase() !== `http://${(host ?? '').toLowerCase()}`) {
    return `requests from pages of ${origin} are not served`;
  }
  return undefined;
}

/** The name or address in a Host header, lower case, without port and brackets. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::[0-9]{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}
