// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { Bind__Output as Bind } from '../../shared/proto/gen/agentgateway/dev/resource/Bind.js';
import type { Listener__Output as Listener } from '../../shared/proto/gen/agentgateway/dev/resource/Listener.js';
import type { BindPlan, ListenerPlan, Plan, TcpKeepalive, TcpRoutePlan } from '../engine/plan.js';
import { resolveBackends } from './backend-targets.js';
import { type Diagnostic, sortDiagnostics } from './diagnostic.js';
import {
  frontendValues,
  type GatewayFrontend,
  gatewayFrontends,
  unusedFrontends,
} from './frontend-policies.js';
import { groupBy, type HeldIndex, indexHeld, type Named } from './held-index.js';
import { keepaliveValues, REFERENCE_KEEPALIVE } from './keepalive-values.js';
import type { ResourceSet } from './resource-set.js';
import type { GatewayResource } from './resource-types.js';
import {
  bindRestriction,
  type Restriction,
  restrictionsOf,
  routeRestriction,
} from './restrictions.js';
import { httpRoutePlans, type RulePlans, tcpRoutePlan } from './route-plans.js';

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
}

/** What an engine has to do so that everything held is in force. */
export function effectivePlan(
  held: ResourceSet<GatewayResource>,
  context: PlanContext,
): EffectivePlan {
  const builder = new PlanBuilder(indexHeld(held), context);
  const binds = builder.bindPlans();
  const upstreamTcp = builder.upstreamKeepalive();
  return {
    plan: { version: context.version, binds, upstreamTcp },
    warnings: sortDiagnostics(builder.warnings()),
  };
}

/** The plan before the first response: nothing listens. */
export function emptyPlan(): Plan {
  return { version: '', binds: [], upstreamTcp: REFERENCE_KEEPALIVE };
}

class PlanBuilder {
  readonly #index: HeldIndex;
  readonly #context: PlanContext;
  readonly #frontends: readonly GatewayFrontend[];
  readonly #restrictions: readonly Restriction[];
  readonly #listeners: ReadonlyMap<string, readonly Named<Listener>[]>;
  readonly #routes: ReadonlyMap<string, HeldIndex['routes']>;
  readonly #tcpRoutes: ReadonlyMap<string, HeldIndex['tcpRoutes']>;
  readonly #found: Diagnostic[] = [];
  readonly #closed = new Map<Restriction, string[]>();

  constructor(index: HeldIndex, context: PlanContext) {
    this.#index = index;
    this.#context = context;
    this.#frontends = gatewayFrontends(index.policies, context.gateway);
    this.#restrictions = restrictionsOf(index.policies);
    this.#listeners = groupBy(index.listeners, ({ value }) => value.bindKey ?? '');
    this.#routes = groupBy(index.routes, ({ value }) => value.listenerKey ?? '');
    this.#tcpRoutes = groupBy(index.tcpRoutes, ({ value }) => value.listenerKey ?? '');
  }

  bindPlans(): BindPlan[] {
    const portOwners = new Map<number, string>();
    const plans: BindPlan[] = [];
    for (const bind of this.#index.binds) {
      if (bind.value.mode === 'INTERNAL') {
        this.#warn(bind.name, 'internal binds are not served by this worker');
        continue;
      }
      const port = bind.value.port ?? 0;
      const owner = portOwners.get(port);
      if (owner === undefined) portOwners.set(port, bind.key);
      plans.push(this.#bindPlan(bind, port, owner));
    }
    return plans;
  }

  /** The first backend_tcp policy of the whole Gateway; other targets need per-backend values, which the plan has not. */
  upstreamKeepalive(): TcpKeepalive {
    const { gateway } = this.#context;
    let chosen: TcpKeepalive | undefined;
    for (const { name, value } of this.#index.policies) {
      if (value.backend?.backendTcp === undefined) continue;
      const at = value.target?.gateway;
      const ours = at?.name === gateway.name && at.namespace === gateway.namespace;
      const whole = ours && at.port === undefined && at.listener === undefined;
      if (whole && chosen === undefined) {
        chosen = keepaliveValues(value.backend.backendTcp.keepalive);
      } else if (at === undefined || ours) {
        this.#warn(name, 'backend_tcp has an effect only as the one policy of the whole Gateway');
      }
    }
    return chosen ?? REFERENCE_KEEPALIVE;
  }

  warnings(): Diagnostic[] {
    const closing = [...this.#closed].map(
      ([{ name, part }, keys]): Diagnostic => ({
        key: name,
        severity: 'warn',
        message: `this worker cannot enforce ${part}, so it closed ${keys.toSorted().join(', ')}`,
      }),
    );
    return [...this.#found, ...closing, ...unusedFrontends(this.#frontends), ...this.#orphans()];
  }

  #bindPlan(bind: Named<Bind>, port: number, portOwner: string | undefined): BindPlan {
    const listeners = this.#listeners.get(bind.key) ?? [];
    const reason =
      portOwner === undefined
        ? (this.#restrictedBind(bind, listeners) ?? this.#unservedBind(bind, listeners))
        : this.#warned(bind.name, `bind ${portOwner} has the same port ${port}`);
    return {
      key: bind.key,
      port,
      protocol: bind.value.protocol === 'TCP' ? 'tcp' : 'http',
      listeners: listeners.map((listener) => this.#listenerPlan(listener, port)),
      ...frontendValues(this.#frontends, port, this.#context.systemKeepalive),
      ...(reason === undefined ? {} : { refusal: { reason } }),
    };
  }

  #listenerPlan({ key, value: listener }: Named<Listener>, port: number): ListenerPlan {
    const rules = (this.#routes.get(key) ?? []).map((route) =>
      this.#httpRoutes(route, listener, port),
    );
    return {
      key,
      name: listener.name?.listenerName ?? '',
      hostname: (listener.hostname ?? '').toLowerCase(),
      routes: [
        ...rules.flatMap(({ conditional }) => conditional),
        ...rules.flatMap(({ plain }) => plain),
      ],
      tcpRoutes: (this.#tcpRoutes.get(key) ?? []).map((route) => this.#tcpRoute(route)),
    };
  }

  #httpRoutes(route: HeldIndex['routes'][number], listener: Listener, port: number): RulePlans {
    const scope = { gateway: this.#context.gateway, port, listener };
    const restriction = routeRestriction(this.#restrictions, scope, route.value.name);
    const resolved = resolveBackends(route.value.backends, this.#index, this.#restrictions);
    const closed = restriction && this.#close(restriction, route.key);
    const rule = httpRoutePlans(route, resolved, closed);
    const reasons = [...rule.conditional, ...rule.plain].map(({ refusal }) => refusal?.reason);
    for (const reason of new Set(reasons)) {
      if (reason !== undefined) this.#warn(route.name, `this route answers 500: ${reason}`);
    }
    return rule;
  }

  #tcpRoute(route: HeldIndex['tcpRoutes'][number]): TcpRoutePlan {
    const resolved = resolveBackends(route.value.backends, this.#index, this.#restrictions);
    if (resolved.refused !== undefined) {
      this.#warn(route.name, `this route refuses connections: ${resolved.refused}`);
    }
    return tcpRoutePlan(route, resolved);
  }

  #restrictedBind(bind: Named<Bind>, listeners: readonly Named<Listener>[]): string | undefined {
    const { gateway } = this.#context;
    const restriction = bindRestriction(this.#restrictions, gateway, bind.value, listeners);
    return restriction && this.#close(restriction, bind.key);
  }

  /** TLS, tunnels and mixed protocols: bytes would be read as something they are not. */
  #unservedBind(bind: Named<Bind>, listeners: readonly Named<Listener>[]): string | undefined {
    const { protocol = 'HTTP', tunnelProtocol = 'DIRECT' } = bind.value;
    if (protocol === 'TLS') {
      return this.#warned(bind.name, 'binds of protocol TLS are not served by this worker');
    }
    if (tunnelProtocol !== 'DIRECT') {
      return this.#warned(
        bind.name,
        `tunnel protocol ${tunnelProtocol} is not served by this worker`,
      );
    }
    const odd = listeners.find(({ value }) => (value.protocol ?? 'UNKNOWN') !== protocol);
    if (odd === undefined) return undefined;
    return this.#warned(
      odd.name,
      `listener ${odd.key} of protocol ${odd.value.protocol ?? 'UNKNOWN'} is not served on a bind of protocol ${protocol}`,
    );
  }

  /** Parts that refer to something that is not held. */
  #orphans(): Diagnostic[] {
    const bindKeys = new Set(this.#index.binds.map(({ key }) => key));
    const listenerKeys = new Set(this.#index.listeners.map(({ key }) => key));
    const orphans: Diagnostic[] = [];
    for (const { name, value } of this.#index.listeners) {
      if (bindKeys.has(value.bindKey ?? '')) continue;
      const message = `has no effect: bind ${value.bindKey} does not exist`;
      orphans.push({ key: name, severity: 'warn', message });
    }
    for (const { name, value } of [...this.#index.routes, ...this.#index.tcpRoutes]) {
      if (listenerKeys.has(value.listenerKey ?? '')) continue;
      const message = `has no effect: listener ${value.listenerKey || '(none)'} does not exist`;
      orphans.push({ key: name, severity: 'warn', message });
    }
    return orphans;
  }

  /** Remembers what a restriction closed, for one warning per policy; returns the reason for the plan. */
  #close(restriction: Restriction, key: string): string {
    const keys = this.#closed.get(restriction) ?? [];
    keys.push(key);
    this.#closed.set(restriction, keys);
    return `${restriction.part} policy ${restriction.key} cannot be enforced by this worker`;
  }

  #warned(key: string, reason: string): string {
    this.#warn(key, `this port is closed: ${reason}`);
    return reason;
  }

  #warn(key: string, message: string): void {
    this.#found.push({ key, severity: 'warn', message });
  }
}
