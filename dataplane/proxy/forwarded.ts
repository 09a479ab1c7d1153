// SPDX-License-Identifier: Apache-2.0
import type { FlatHeaders } from './headers.js';

/** What the proxy itself saw of a request's way to it. */
export interface Origin {
  /** IP address of the client: from the PROXY protocol where a balancer sent one, else the peer's. Empty when unknown. */
  readonly client: string;
  /** Host as the client asked for it; empty when it named none. */
  readonly host: string;
  readonly scheme: 'http' | 'https';
}

const FOR = 'x-forwarded-for';
const HOST = 'x-forwarded-host';
const PROTO = 'x-forwarded-proto';

/**
 * Request headers with the ones that tell a backend who asked. X-Forwarded-For grows by the client at its end, so that a
 * backend which trusts this proxy reads the last entry and never one that a client made up; what the client claims as
 * X-Forwarded-Host and X-Forwarded-Proto is replaced by what was seen here. This is what Envoy does as an edge proxy, with
 * no trusted hops in front.
 */
export function withForwarded(headers: FlatHeaders, origin: Origin): string[] {
  const forwarded: string[] = [];
  let forAt = -1;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const known = forwardedName(name);
    if (known === HOST || known === PROTO) continue;
    if (known === FOR) forAt = forwarded.length;
    forwarded.push(name, headers[i + 1] ?? '');
  }
  const { client, host, scheme } = origin;
  if (client !== '' && forAt === -1) forwarded.push(FOR, client);
  else if (client !== '') forwarded[forAt + 1] = joined(forwarded[forAt + 1] ?? '', client);
  if (host !== '') forwarded.push(HOST, host);
  forwarded.push(PROTO, scheme);
  return forwarded;
}

/** One of the three names; its length tells nearly all others apart. */
function forwardedName(name: string): string | undefined {
  const { length } = name;
  if (length < FOR.length || length > PROTO.length) return undefined;
  const lower = name.toLowerCase();
  return lower === FOR || lower === HOST || lower === PROTO ? lower : undefined;
}

function joined(before: string, client: string): string {
  return before === '' ? client : `${before}, ${client}`;
}
