// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { compareText } from '../../shared/names/sort.js';
import type { Policy__Output as Policy } from '../../shared/proto/gen/agentgateway/dev/resource/Policy.js';
import type { TcpKeepalive } from '../engine/plan.js';
import { sameKeepalive } from '../keepalive/target-values.js';
import type { BackendUse } from './backend-uses.js';
import type { Diagnostic } from './diagnostic.js';
import type { Named } from './held-index.js';
import { keepaliveValues, REFERENCE_KEEPALIVE } from './keepalive-values.js';

export interface UpstreamValues {
  /** What holds where nothing else does. */
  readonly common: TcpKeepalive;
  /** By backend key, sorted: what differs from it. */
  readonly single: ReadonlyMap<string, TcpKeepalive>;
  readonly warnings: readonly Diagnostic[];
}

export interface UpstreamInput {
  /** Sorted by key. */
  readonly policies: readonly Named<Policy>[];
  readonly uses: readonly BackendUse[];
  readonly gateway: NamespacedName;
}

/** Values for a backend, and how specific the place is where they are written; the lowest rank wins, then the lowest key. */
interface Candidate {
  readonly rank: number;
  readonly key: string;
  readonly values: TcpKeepalive;
}

/** How specific each kind of place is. Gateway API policies go from the backend outwards: reference §2.4. */
const RANK = {
  reference: 0,
  inline: 1,
  backend: 2,
  servicePort: 2,
  service: 3,
  rule: 4,
  route: 5,
  listener: 6,
  listenerSet: 7,
  port: 8,
} as const;

/**
 * Keepalive towards each backend. Connections to a backend are shared by all routes that lead to it, so it has one set of
 * values: that of the most specific place among all of them, as a whole block.
 */
export function upstreamValues({ policies, uses, gateway }: UpstreamInput): UpstreamValues {
  const attached = policies.filter(({ value }) => value.backend?.kind === 'backendTcp');
  const [whole, ...otherWhole] = attached.filter(({ value }) => isWholeGateway(value, gateway));
  const narrow = attached.filter(({ value }) => !isWholeGateway(value, gateway));
  const common = whole === undefined ? REFERENCE_KEEPALIVE : valuesOf(whole);
  const winners = new Map<string, Candidate>();
  for (const use of uses) {
    for (const candidate of candidatesOf(use, narrow, gateway)) {
      const before = winners.get(use.key);
      if (before === undefined || isBefore(candidate, before)) winners.set(use.key, candidate);
    }
  }
  const winning = new Set([...winners.values()].map(({ key }) => key));
  const unused = narrow.filter(
    ({ key, value }) => !winning.has(key) && isOfInterest(value, gateway),
  );
  const single = [...winners]
    .map(([key, { values }]) => [key, values] as const)
    .filter(([, values]) => !sameKeepalive(values, common))
    .sort(([a], [b]) => compareText(a, b));
  return {
    common,
    single: new Map(single),
    warnings: [...otherWhole, ...unused].map(withoutEffect),
  };
}

function candidatesOf(
  use: BackendUse,
  policies: readonly Named<Policy>[],
  gateway: NamespacedName,
): Candidate[] {
  const found: Candidate[] = [];
  if (use.atReference) found.push({ rank: RANK.reference, key: '', values: use.atReference });
  if (use.inBackend) found.push({ rank: RANK.inline, key: '', values: use.inBackend });
  for (const policy of policies) {
    const rank = rankOf(policy.value.target, use, gateway);
    if (rank !== undefined) found.push({ rank, key: policy.key, values: valuesOf(policy) });
  }
  return found;
}

/** How specific the target is for this use; undefined when it does not cover it. */
function rankOf(
  target: Policy['target'],
  { reference, backendName, route, listener, port }: BackendUse,
  gateway: NamespacedName,
): number | undefined {
  if (target?.backend) {
    // Sections are parts of kinds of backend that this worker does not serve.
    const isIt = target.backend.section === undefined && sameName(target.backend, backendName);
    return isIt ? RANK.backend : undefined;
  }
  if (target?.service) {
    const { namespace, hostname, port: ofPort } = target.service;
    const { service } = reference;
    if (service?.namespace !== namespace || service?.hostname !== hostname) return undefined;
    if (ofPort === undefined) return RANK.service;
    return ofPort === reference.port ? RANK.servicePort : undefined;
  }
  if (target?.route) {
    const { kind, routeRule } = target.route;
    const isIt = sameName(target.route, route) && (!kind || !route?.kind || kind === route.kind);
    if (!isIt) return undefined;
    if (routeRule === undefined) return RANK.route;
    return routeRule === route?.ruleName ? RANK.rule : undefined;
  }
  const name = listener?.name;
  if (target?.listenerSet) {
    if (!sameName(target.listenerSet, name?.listenerSet)) return undefined;
    const { section } = target.listenerSet;
    if (section === undefined) return RANK.listenerSet;
    return section === name?.listenerName ? RANK.listener : undefined;
  }
  if (!target?.gateway || !sameName(target.gateway, gateway)) return undefined;
  const { listener: listenerName, port: ofPort } = target.gateway;
  if (listenerName !== undefined) {
    return listenerName === name?.listenerName ? RANK.listener : undefined;
  }
  return ofPort === port ? RANK.port : undefined;
}

interface MaybeNamed {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

function sameName(a: MaybeNamed, b: MaybeNamed | null | undefined): boolean {
  return b !== undefined && b !== null && a.name === b.name && a.namespace === b.namespace;
}

function isBefore(a: Candidate, b: Candidate): boolean {
  return a.rank === b.rank ? compareText(a.key, b.key) < 0 : a.rank < b.rank;
}

function isWholeGateway({ target }: Policy, gateway: NamespacedName): boolean {
  const at = target?.gateway;
  if (!at || !sameName(at, gateway)) return false;
  return at.port === undefined && at.listener === undefined;
}

/** Policies of other Gateways are nobody's business here. */
function isOfInterest({ target }: Policy, gateway: NamespacedName): boolean {
  return !target?.gateway || sameName(target.gateway, gateway);
}

function valuesOf({ value }: Named<Policy>): TcpKeepalive {
  return keepaliveValues(value.backend?.backendTcp?.keepalive);
}

function withoutEffect({ name }: Named<Policy>): Diagnostic {
  return {
    key: name,
    severity: 'warn',
    message:
      'backend_tcp has no effect: no route leads to a backend through its target, or a more specific policy, or one with a lower key, holds for each of them',
  };
}
