// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { Listener__Output as Listener } from '../../shared/proto/gen/agentgateway/dev/resource/Listener.js';
import type { HttpRoutePlan, ListenerPlan, TcpRoutePlan } from '../engine/plan.js';
import { resolveBackends } from './backend-targets.js';
import type { Diagnostic } from './diagnostic.js';
import { groupBy, type HeldIndex, type Named } from './held-index.js';
import { Closings, type Restriction, routeRestriction } from './restrictions.js';
import { httpRoutePlans, tcpRoutePlan } from './route-plans.js';

/** Where requests and connections go, by bind key: everything of a plan that frontend values do not touch. */
export interface Routing {
  readonly listeners: ReadonlyMap<string, readonly ListenerPlan[]>;
  readonly warnings: readonly Diagnostic[];
}

interface RoutingInput {
  readonly index: HeldIndex;
  readonly restrictions: readonly Restriction[];
  readonly gateway: NamespacedName;
}

type HttpRoute = HeldIndex['routes'][number];
type TcpRoute = HeldIndex['tcpRoutes'][number];

export function planRouting(input: RoutingInput): Routing {
  const { index } = input;
  const closings = new Closings();
  const warnings: Diagnostic[] = [];
  const routes = groupBy(index.routes, ({ value }) => value.listenerKey ?? '');
  const tcpRoutes = groupBy(index.tcpRoutes, ({ value }) => value.listenerKey ?? '');
  const ports = new Map(index.binds.map(({ key, value }) => [key, value.port ?? 0]));
  const plan = ({ key, value: listener }: Named<Listener>): ListenerPlan => {
    const port = ports.get(listener.bindKey ?? '') ?? 0;
    return {
      key,
      name: listener.name?.listenerName ?? '',
      hostname: (listener.hostname ?? '').toLowerCase(),
      routes: (routes.get(key) ?? []).flatMap((route) =>
        planRule(route, { ...input, listener, port, closings, warnings }),
      ),
      tcpRoutes: (tcpRoutes.get(key) ?? []).map((route) => planTcpRoute(route, input, warnings)),
    };
  };
  const byBind = groupBy(index.listeners, ({ value }) => value.bindKey ?? '');
  const listeners = new Map([...byBind].map(([key, members]) => [key, members.map(plan)]));
  return { listeners, warnings: [...warnings, ...closings.warnings(), ...orphans(index)] };
}

interface RuleInput extends RoutingInput {
  readonly listener: Listener;
  readonly port: number;
  readonly closings: Closings;
  readonly warnings: Diagnostic[];
}

function planRule(route: HttpRoute, input: RuleInput): readonly HttpRoutePlan[] {
  const { index, restrictions, closings, warnings } = input;
  const restriction = routeRestriction(restrictions, input, route.value.name);
  const resolved = resolveBackends(route.value.backends, index, restrictions);
  const rule = httpRoutePlans(
    route,
    resolved,
    restriction && closings.close(restriction, route.key),
  );
  const refusals = rule.flatMap(({ refusal }) => refusal ?? []);
  const isServed = refusals.length === 0;
  for (const { weight, refusal } of isServed ? resolved.backends : []) {
    if (weight === 0 || refusal === undefined) continue;
    warnings.push(warn(route.name, `a share of this route answers 500: ${refusal.reason}`));
  }
  for (const reason of new Set(refusals.map((refusal) => refusal.reason))) {
    warnings.push(warn(route.name, `this route answers 500: ${reason}`));
  }
  return rule;
}

function planTcpRoute(
  route: TcpRoute,
  { index, restrictions }: RoutingInput,
  warnings: Diagnostic[],
): TcpRoutePlan {
  const resolved = resolveBackends(route.value.backends, index, restrictions);
  if (resolved.refused !== undefined) {
    warnings.push(warn(route.name, `this route refuses connections: ${resolved.refused}`));
  }
  return tcpRoutePlan(route, resolved);
}

/** Parts that refer to something that is not held. */
function orphans(index: HeldIndex): Diagnostic[] {
  const bindKeys = new Set(index.binds.map(({ key }) => key));
  const listenerKeys = new Set(index.listeners.map(({ key }) => key));
  const found: Diagnostic[] = [];
  for (const { name, value } of index.listeners) {
    if (bindKeys.has(value.bindKey ?? '')) continue;
    found.push(warn(name, `has no effect: bind ${value.bindKey} does not exist`));
  }
  for (const { name, value } of [...index.routes, ...index.tcpRoutes]) {
    if (listenerKeys.has(value.listenerKey ?? '')) continue;
    const listener = value.listenerKey || '(none)';
    found.push(warn(name, `has no effect: listener ${listener} does not exist`));
  }
  return found;
}

function warn(key: string, message: string): Diagnostic {
  return { key, severity: 'warn', message };
}
