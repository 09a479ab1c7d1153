// SPDX-License-Identifier: Apache-2.0

import type { BackendTarget, HeaderChanges, HttpRoutePlan, Redirect } from '../engine/plan.js';
import type { BindStatistics } from '../engine/statistics.js';
import type { RouteRequest } from './match-conditions.js';
import { responseChangesOf } from './passage.js';
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
  readonly statistics: Pick<BindStatistics, 'requestDurations'>;
}

export type RouteDecision =
  | { readonly kind: 'forward'; readonly route: HttpRoutePlan; readonly backend: BackendTarget }
  | {
      readonly kind: 'redirect';
      readonly redirect: Redirect;
      readonly changes: readonly HeaderChanges[];
    }
  | { readonly kind: 'answer'; readonly status: number; readonly text: string };

/** The reason is for the operator's dump, not for the client. */
const REFUSED: RouteDecision = {
  kind: 'answer',
  status: 500,
  text: 'route is refused by configuration',
};

/** Where a request goes, or what the proxy answers instead. */
export function decideRoute(
  routes: RouteTable,
  request: RouteRequest,
  random: () => number,
): RouteDecision {
  // `OPTIONS *` asks about the server; no route has such a path.
  const route = request.target.startsWith('/') ? routes.match(request) : undefined;
  if (route === undefined) return { kind: 'answer', status: 404, text: 'no route matches' };
  const { refusal, filters } = route;
  if (refusal !== undefined) return REFUSED;
  if (filters?.redirect !== undefined) return redirectTo(filters.redirect, route);
  const backend = pickBackend(route.backends, random);
  // A rule without backends, or with none that takes traffic, answers 500 (Gateway API).
  if (backend === undefined || backend.refusal !== undefined) return REFUSED;
  const redirect = backend.filters?.redirect;
  if (redirect !== undefined) return redirectTo(redirect, route, backend);
  return { kind: 'forward', route, backend };
}

function redirectTo(
  redirect: Redirect,
  route: HttpRoutePlan,
  backend?: BackendTarget,
): RouteDecision {
  const changes = responseChangesOf(route.filters, backend?.filters);
  return { kind: 'redirect', redirect, changes };
}
