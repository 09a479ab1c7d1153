// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { Bind__Output as Bind } from '../../shared/proto/gen/agentgateway/dev/resource/Bind.js';
import type { Listener__Output as Listener } from '../../shared/proto/gen/agentgateway/dev/resource/Listener.js';
import type { BindPlan, Plan, TcpKeepalive } from '../engine/plan.js';
import { type BackendUse, backendUses } from './backend-uses.js';
import { type Diagnostic, sortDiagnostics } from './diagnostic.js';
import { frontendValues, gatewayFrontends, unusedFrontends } from './frontend-policies.js';
import { groupBy, type HeldIndex, indexHeld, indexPolicies, type Named } from './held-index.js';
import { REFERENCE_KEEPALIVE } from './keepalive-values.js';
import { planRouting, type Routing } from './listener-plans.js';
import type { ResourceSet } from './resource-set.js';
import type { GatewayResource } from './resource-types.js';
import {
  bindRestrictions,
  Closings,
  type Restriction,
  restrictingPart,
  restrictionsOf,
} from './restrictions.js';
import { upstreamValues } from './upstream-values.js';

export interface PlanContext {
  /** The Gateway this worker serves; policies of others have no effect on it. */
  readonly gateway: NamespacedName;
  /** Label of the snapshot. */
  readonly version: string;
  /** Keepalive off, with the values of the worker's network namespace: what holds without a policy. */
  readonly systemKeepalive: TcpKeepalive;
}

export interface EffectivePlan {
  readonly plan: Plan;
  /** What was accepted and is not served, or is closed because it cannot be enforced; sorted. */
  readonly warnings: readonly Diagnostic[];
  /** What the next plan may take over. */
  readonly basis: PlanBasis;
}

interface PlanBasis {
  readonly held: ResourceSet<GatewayResource>;
  readonly index: HeldIndex;
  readonly routing: Routing;
  readonly uses: readonly BackendUse[];
}

/**
 * What an engine has to do so that everything held is in force. With the basis of the plan before, a change of frontend values
 * costs nothing per route, and listeners that did not change stay the same objects.
 */
export function effectivePlan(
  held: ResourceSet<GatewayResource>,
  context: PlanContext,
  before?: PlanBasis,
): EffectivePlan {
  const kept = before !== undefined && sameRouting(before.held, held) ? before : undefined;
  const index = kept ? { ...kept.index, policies: indexPolicies(held) } : indexHeld(held);
  const restrictions = restrictionsOf(index.policies);
  const { gateway } = context;
  const routing = kept?.routing ?? planRouting({ index, restrictions, gateway });
  const binds = planBinds({ index, restrictions, routing, context });
  const uses = kept?.uses ?? backendUses(index);
  const upstream = upstreamValues({ policies: index.policies, uses, gateway });
  return {
    plan: {
      version: context.version,
      binds: binds.plans,
      upstreamTcp: upstream.common,
      ...(upstream.single.size === 0 ? {} : { upstreams: upstream.single }),
    },
    warnings: sortDiagnostics([...routing.warnings, ...binds.warnings, ...upstream.warnings]),
    basis: { held, index, routing, uses },
  };
}

/** The plan before the first response: nothing listens. */
export function emptyPlan(): Plan {
  return { version: '', binds: [], upstreamTcp: REFERENCE_KEEPALIVE };
}

/** Whether two sets differ in nothing but policies that close nothing. Unchanged resources are the same objects. */
function sameRouting(a: ResourceSet<GatewayResource>, b: ResourceSet<GatewayResource>): boolean {
  const counts = ({ value: { policy } }: { readonly value: GatewayResource }): boolean =>
    policy === undefined || restrictingPart(policy) !== undefined;
  for (const [name, held] of a) if (counts(held) && b.get(name) !== held) return false;
  for (const [name, held] of b) if (counts(held) && a.get(name) !== held) return false;
  return true;
}

interface BindInput {
  readonly index: HeldIndex;
  readonly restrictions: readonly Restriction[];
  readonly routing: Routing;
  readonly context: PlanContext;
}

function planBinds({ index, restrictions, routing, context }: BindInput) {
  const closings = new Closings();
  const warnings: Diagnostic[] = [];
  const frontends = gatewayFrontends(index.policies, context.gateway);
  const listeners = groupBy(index.listeners, ({ value }) => value.bindKey ?? '');
  const portOwners = new Map<number, string>();

  const refusal = (bind: Named<Bind>, port: number): string | undefined => {
    const members = listeners.get(bind.key) ?? [];
    const owner = portOwners.get(port);
    portOwners.set(port, owner ?? bind.key);
    const [reason] = bindRestrictions(restrictions, context.gateway, bind.value, members).map(
      (restriction) => closings.close(restriction, bind.key),
    );
    if (reason !== undefined) return reason;
    const unserved =
      owner === undefined
        ? unservedBind(bind, members)
        : { name: bind.name, reason: `bind ${owner} has the same port ${port}` };
    if (unserved === undefined) return undefined;
    warnings.push(warn(unserved.name, `this port is closed: ${unserved.reason}`));
    return unserved.reason;
  };

  const plans: BindPlan[] = [];
  for (const bind of index.binds) {
    if (bind.value.mode === 'INTERNAL') {
      warnings.push(warn(bind.name, 'internal binds are not served by this worker'));
      continue;
    }
    const port = bind.value.port ?? 0;
    const reason = refusal(bind, port);
    plans.push({
      key: bind.key,
      port,
      protocol: bind.value.protocol === 'TCP' ? 'tcp' : 'http',
      listeners: routing.listeners.get(bind.key) ?? [],
      ...frontendValues(frontends, port, context.systemKeepalive),
      ...(reason === undefined ? {} : { refusal: { reason } }),
    });
  }
  const unused = unusedFrontends(frontends);
  return { plans, warnings: [...warnings, ...closings.warnings(), ...unused] };
}

/** TLS, tunnels and mixed protocols: bytes would be read as something they are not. */
function unservedBind(
  bind: Named<Bind>,
  listeners: readonly Named<Listener>[],
): { readonly name: string; readonly reason: string } | undefined {
  const { protocol = 'HTTP', tunnelProtocol = 'DIRECT' } = bind.value;
  if (protocol === 'TLS') {
    return { name: bind.name, reason: 'binds of protocol TLS are not served by this worker' };
  }
  if (tunnelProtocol !== 'DIRECT') {
    const reason = `tunnel protocol ${tunnelProtocol} is not served by this worker`;
    return { name: bind.name, reason };
  }
  const odd = listeners.find(({ value }) => (value.protocol ?? 'UNKNOWN') !== protocol);
  if (odd === undefined) return undefined;
  const reason = `listener ${odd.key} of protocol ${odd.value.protocol ?? 'UNKNOWN'} is not served on a bind of protocol ${protocol}`;
  return { name: odd.name, reason };
}

function warn(key: string, message: string): Diagnostic {
  return { key, severity: 'warn', message };
}
