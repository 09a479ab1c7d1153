// SPDX-License-Identifier: Apache-2.0
import { serviceName } from '../../shared/names/resource-keys.js';
import type { Backend__Output as Backend } from '../../shared/proto/gen/agentgateway/dev/resource/Backend.js';
import type { BackendPolicySpec__Output as BackendPolicy } from '../../shared/proto/gen/agentgateway/dev/resource/BackendPolicySpec.js';
import type { RouteBackend__Output as RouteBackend } from '../../shared/proto/gen/agentgateway/dev/resource/RouteBackend.js';
import type { BackendTarget } from '../engine/plan.js';
import { backendKeyOf } from './backend-uses.js';
import type { HeldIndex } from './held-index.js';
import { backendRestriction, type Restriction, serviceRestriction } from './restrictions.js';
import { backendFilters } from './route-filters.js';

export interface ResolvedBackends {
  readonly backends: readonly BackendTarget[];
  /** Why the route cannot be served; its traffic is refused instead of shared out among the rest. */
  readonly refused?: string;
}

/**
 * Turns the references of one rule into addresses. A reference that leads nowhere keeps its share, which is refused; a rule of
 * nothing else is refused as a whole. A reference without weight takes no traffic and cannot fail.
 */
export function resolveBackends(
  references: readonly RouteBackend[],
  index: Pick<HeldIndex, 'backends'>,
  restrictions: readonly Restriction[],
): ResolvedBackends {
  const backends: BackendTarget[] = [];
  for (const reference of references) {
    const weight = Math.max(0, reference.weight ?? 0);
    const target = resolveOne(reference, index, restrictions);
    if (typeof target !== 'string') backends.push({ ...target, weight });
    else if (weight > 0) backends.push({ ...NOWHERE, weight, refusal: { reason: target } });
  }
  const weighted = backends.filter(({ weight }) => weight > 0);
  if (weighted.some(({ refusal }) => refusal === undefined)) return { backends };
  const reason = weighted[0]?.refusal?.reason ?? 'it has no backend with a weight above 0';
  return { backends: [], refused: reason };
}

const NOWHERE = { key: '', host: '', port: 0 };

type Target = Omit<BackendTarget, 'weight'>;

/** Policies that a route may put on one of its backends. */
const SERVED_ON_ROUTES: ReadonlySet<string> = new Set([
  'backendTcp',
  'requestHeaderModifier',
  'responseHeaderModifier',
  'requestRedirect',
]);

/** A string says why not. */
function resolveOne(
  reference: RouteBackend,
  index: Pick<HeldIndex, 'backends'>,
  restrictions: readonly Restriction[],
): Target | string {
  if (reference.routeGroupKey) return 'this worker does not serve route groups';
  const { backendPolicies } = reference;
  if (backendPolicies.some(({ kind }) => !SERVED_ON_ROUTES.has(kind ?? ''))) {
    return 'a policy on its backend cannot be enforced by this worker';
  }
  const outcome = backendFilters(backendPolicies);
  if ('refused' in outcome) return outcome.refused;
  const target = resolveAddress(reference, index, restrictions);
  if (typeof target === 'string' || Object.keys(outcome.filters).length === 0) return target;
  return { ...target, filters: outcome.filters };
}

function resolveAddress(
  reference: RouteBackend,
  index: Pick<HeldIndex, 'backends'>,
  restrictions: readonly Restriction[],
): Target | string {
  const to = reference.backend;
  if (to?.inline !== undefined) {
    const { hostname = '', port = 0 } = to.inline;
    return address(backendKeyOf(to), hostname, port);
  }
  if (to?.service !== undefined) {
    const { service, port = 0 } = to;
    const restriction = serviceRestriction(restrictions, service, port);
    return restriction === undefined
      ? resolveService(backendKeyOf(to), serviceName(service), port)
      : describeRestriction(restriction);
  }
  const held = index.backends.get(to?.backend ?? '');
  if (held === undefined) return `backend ${to?.backend || '(none)'} does not exist`;
  const restriction = backendRestriction(restrictions, held.value.name);
  if (restriction !== undefined) {
    return describeRestriction(restriction);
  }
  return resolveHeld(held.key, held.value);
}

function describeRestriction({ part, key }: Restriction): string {
  return `${part} policy ${key} on its backend cannot be enforced by this worker`;
}

/** Which endpoints a Service has is looked up for each request; without any it is answered 503. */
function resolveService(key: string, service: string, port: number): Target | string {
  if (port < 1 || port > 65_535) return `service ${service} is referred to with port ${port}`;
  return { key, service, host: '', port };
}

function resolveHeld(key: string, backend: Backend): Target | string {
  if (backend.static === undefined) {
    return `backend ${key} is of kind ${backend.kind}; this worker serves static ones`;
  }
  if (backend.static.unixPath)
    return `backend ${key} is a unix socket, which this worker does not serve`;
  if (hasUnknownPolicy(backend.inlinePolicies)) {
    return `a policy of backend ${key} cannot be enforced by this worker`;
  }
  return address(key, backend.static.host ?? '', backend.static.port ?? 0);
}

function address(key: string, host: string, port: number): Target | string {
  if (host === '' || port < 1 || port > 65_535) return `backend ${key} has no usable address`;
  return { key, host, port };
}

/** All but backend_tcp: TLS to the backend, a filter (served where a route names it), or a kind that this build does not know. */
function hasUnknownPolicy(policies: readonly BackendPolicy[]): boolean {
  return policies.some(({ kind }) => kind !== 'backendTcp');
}
