// SPDX-License-Identifier: Apache-2.0
import type { HttpRoutePlan } from '../engine/plan.js';

/**
 * Precedence of Gateway API among the matches of one hostname (HTTPRouteRule.matches): the exact path, then the longest path,
 * a method, the most headers, the most query parameters. 0 = the plan's order decides. Where a regular expression belongs is
 * left to implementations: it ranks as a prefix of as many characters, as in the reference proxy.
 */
export function compareMatches(a: HttpRoutePlan, b: HttpRoutePlan): number {
  return (
    Number(b.pathMatch.type === 'exact') - Number(a.pathMatch.type === 'exact') ||
    pathLength(b) - pathLength(a) ||
    Number(b.method !== undefined) - Number(a.method !== undefined) ||
    (b.headers?.length ?? 0) - (a.headers?.length ?? 0) ||
    (b.query?.length ?? 0) - (a.query?.length ?? 0)
  );
}

/** A prefix without its trailing slashes, which say nothing (`/a/` covers `/a`); the root is the empty string. */
export function prefixKey(prefix: string): string {
  return prefix.replace(/\/+$/, '');
}

function pathLength({ pathMatch: { type, value } }: HttpRoutePlan): number {
  if (type !== 'prefix') return value.length;
  const key = prefixKey(value);
  return key.length + Number(value.endsWith('/'));
}
