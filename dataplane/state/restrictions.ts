// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { Bind__Output as Bind } from '../../shared/proto/gen/agentgateway/dev/resource/Bind.js';
import type { Listener__Output as Listener } from '../../shared/proto/gen/agentgateway/dev/resource/Listener.js';
import type { Policy__Output as Policy } from '../../shared/proto/gen/agentgateway/dev/resource/Policy.js';
import type { RouteName__Output as RouteName } from '../../shared/proto/gen/agentgateway/dev/resource/RouteName.js';
import type { Diagnostic } from './diagnostic.js';
import type { Named } from './held-index.js';

/** A policy that restricts access, or changes what bytes mean, and that this worker cannot enforce: what it covers is closed. */
export interface Restriction {
  readonly name: string;
  readonly key: string;
  readonly closes: 'binds' | 'routes';
  /** Words for messages, e.g. `frontend.networkAuthorization`. */
  readonly part: string;
  readonly target: NonNullable<Policy['target']>;
}

export function restrictionsOf(policies: readonly Named<Policy>[]): Restriction[] {
  const found: Restriction[] = [];
  for (const { name, key, value } of policies) {
    const part = restrictingPart(value);
    if (part === undefined || value.target === undefined) continue;
    const closes = value.frontend === undefined ? 'routes' : 'binds';
    found.push({ name, key, closes, part, target: value.target });
  }
  return found;
}

/**
 * networkAuthorization says who may connect, proxyProtocol what the first bytes are: both are decided before a connection belongs
 * to one of the listeners of its port, so attached to a single listener they cannot be enforced. A traffic, conditional or
 * unknown backend policy may be authentication, a rate limit or TLS to the backend; this build cannot tell.
 */
export function restrictingPart(policy: Policy): string | undefined {
  const { gateway } = policy.target ?? {};
  const onPort = gateway !== undefined && gateway.listener === undefined;
  switch (policy.frontend?.kind) {
    case 'networkAuthorization':
      return onPort ? undefined : 'frontend.networkAuthorization of a listener';
    case 'proxyProtocol':
      return onPort ? undefined : 'frontend.proxyProtocol of a listener';
    default:
  }
  if (policy.traffic !== undefined) return 'traffic';
  if (policy.conditional !== undefined) return 'conditional';
  return policy.backend !== undefined && policy.backend.kind !== 'backendTcp'
    ? 'backend'
    : undefined;
}

/** Collects what restrictions closed, for one warning per policy. */
export class Closings {
  readonly #closed = new Map<Restriction, string[]>();

  /** Returns the reason for the plan. */
  close(restriction: Restriction, key: string): string {
    const keys = this.#closed.get(restriction) ?? [];
    keys.push(key);
    this.#closed.set(restriction, keys);
    return `${restriction.part} policy ${restriction.key} cannot be enforced by this worker`;
  }

  warnings(): Diagnostic[] {
    return [...this.#closed].map(([{ name, part }, keys]) => ({
      key: name,
      severity: 'warn',
      message: `this worker cannot enforce ${part}, so it closed ${keys.toSorted().join(', ')}`,
    }));
  }
}

export interface ListenerScope {
  readonly gateway: NamespacedName;
  readonly port: number;
  readonly listener: Listener;
}

/** Every restriction that closes the whole bind. */
export function bindRestrictions(
  restrictions: readonly Restriction[],
  gateway: NamespacedName,
  bind: Bind,
  listeners: readonly Named<Listener>[],
): readonly Restriction[] {
  return restrictions.filter(
    (restriction) =>
      restriction.closes === 'binds' &&
      (coversPort(restriction, gateway, bind.port ?? 0) ||
        listeners.some(({ value: listener }) =>
          coversListener(restriction, { gateway, port: bind.port ?? 0, listener }),
        )),
  );
}

/** The first restriction that closes this route by its listener or by its own name. */
export function routeRestriction(
  restrictions: readonly Restriction[],
  scope: ListenerScope,
  route: RouteName | undefined,
): Restriction | undefined {
  return restrictions.find(
    (restriction) =>
      restriction.closes === 'routes' &&
      (coversListener(restriction, scope) || coversRoute(restriction, route)),
  );
}

/** The first restriction that closes routes to this backend. */
export function backendRestriction(
  restrictions: readonly Restriction[],
  backend: { readonly name?: string; readonly namespace?: string } | undefined,
): Restriction | undefined {
  return restrictions.find(({ target: { backend: target } }) => {
    if (target === undefined || backend === undefined) return false;
    return target.name === backend.name && target.namespace === backend.namespace;
  });
}

/** The first restriction that closes routes to this Service. */
export function serviceRestriction(
  restrictions: readonly Restriction[],
  service: { readonly namespace?: string; readonly hostname?: string },
  port: number,
): Restriction | undefined {
  return restrictions.find(({ target: { service: target } }) => {
    if (target === undefined) return false;
    const isNamed = target.hostname === service.hostname && target.namespace === service.namespace;
    return isNamed && (target.port === undefined || target.port === port);
  });
}

function coversPort({ target }: Restriction, gateway: NamespacedName, port: number): boolean {
  const at = target.gateway;
  if (at === undefined || at.name !== gateway.name || at.namespace !== gateway.namespace) {
    return false;
  }
  return at.listener === undefined && (at.port === undefined || at.port === port);
}

function coversListener(restriction: Restriction, scope: ListenerScope): boolean {
  const { gateway: at, listenerSet: set } = restriction.target;
  const { gateway, port, listener } = scope;
  const listenerName = listener.name?.listenerName;
  if (at !== undefined && at.listener !== undefined) {
    const ours = at.name === gateway.name && at.namespace === gateway.namespace;
    return ours && at.listener === listenerName;
  }
  if (set !== undefined) {
    const from = listener.name?.listenerSet;
    if (from?.name !== set.name || from?.namespace !== set.namespace) return false;
    return set.section === undefined || set.section === listenerName;
  }
  return coversPort(restriction, gateway, port);
}

function coversRoute(
  { target: { route: at } }: Restriction,
  route: RouteName | undefined,
): boolean {
  if (at === undefined || route === undefined) return false;
  if (at.name !== route.name || at.namespace !== route.namespace) return false;
  if (at.kind && route.kind && at.kind !== route.kind) return false;
  return at.routeRule === undefined || at.routeRule === route.ruleName;
}
