// SPDX-License-Identifier: Apache-2.0
import type { BackendTarget } from '../engine/plan.js';
import { pickBackend, type RouteTable } from './route-table.js';

/** Answers given per bind, by class of status (1xx..5xx at index 1..5). */
export type StatusCounts = number[];

export function countStatus(statuses: StatusCounts | undefined, status: number): void {
  if (statuses === undefined) return;
  const at = Math.floor(status / 100);
  statuses[at] = (statuses[at] ?? 0) + 1;
}

/** What the proxy needs to know of a bind at the moment a request or connection comes in. */
export interface BindTraffic {
  readonly key: string;
  readonly routes: RouteTable;
  readonly statuses: StatusCounts;
}

export type RouteDecision =
  | { readonly kind: 'forward'; readonly backend: BackendTarget }
  | { readonly kind: 'answer'; readonly status: number; readonly text: string };

/** Where a request goes, or what the proxy answers instead. */
export function decideRoute(
  routes: RouteTable,
  request: { readonly host: string; readonly target: string },
  random: () => number,
): RouteDecision {
  const route = routes.match(request.host, request.target);
  if (route === undefined) return { kind: 'answer', status: 404, text: 'no route matches' };
  if (route.refusal !== undefined) {
    // Fail closed: the reason is for the operator's dump, not for the client.
    return { kind: 'answer', status: 500, text: 'route is refused by configuration' };
  }
  const backend = pickBackend(route.backends, random);
  if (backend === undefined) return { kind: 'answer', status: 503, text: 'no backend available' };
  return { kind: 'forward', backend };
}
