// SPDX-License-Identifier: Apache-2.0
import type { PathChange, Redirect } from '../engine/plan.js';

/** Where a request came to. */
export interface RequestPlace {
  readonly scheme: 'http' | 'https';
  /** Host header or :authority; empty when the request has none. */
  readonly host: string;
  /** Port of the listener. */
  readonly port: number;
  readonly target: string;
}

const WELL_KNOWN_PORT: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * Value of Location (Gateway API HTTPRequestRedirectFilter): without a port of its own a redirect that names a scheme goes to
 * that scheme's port, another one to the listener's; the port is left out where the scheme implies it. A request without a host
 * gets a relative reference, which keeps the client where it is.
 */
export function redirectLocation(redirect: Redirect, request: RequestPlace): string {
  const { path } = redirect;
  const target = path === undefined ? request.target : changePath(path, request.target);
  const hostname = redirect.hostname ?? withoutPort(request.host);
  if (hostname === '') return target;
  const scheme = redirect.scheme ?? request.scheme;
  const port = redirect.port ?? portOf(redirect, request);
  const suffix = port === WELL_KNOWN_PORT[scheme] ? '' : `:${port}`;
  return `${scheme}://${hostname}${suffix}${target}`;
}

function portOf({ scheme }: Redirect, request: RequestPlace): number {
  if (scheme === undefined) return request.port;
  return WELL_KNOWN_PORT[scheme] ?? request.port;
}

/** A request target with another path and the same query. */
export function changePath(change: PathChange, target: string): string {
  const mark = target.indexOf('?');
  const query = mark === -1 ? '' : target.slice(mark);
  if (change.type === 'full') return change.path + query;
  const path = mark === -1 ? target : target.slice(0, mark);
  const rest = path.slice(change.from.length);
  return (`${change.to}${rest}` || '/') + query;
}

function withoutPort(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  return end <= 0 ? host : host.slice(0, end);
}
