// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { JsonValue } from '../log/transaction.js';
import type { KubeObject } from '../policy/kube-object.js';
import { type ParentRef, type RouteRule, routeSpec } from '../policy/route-spec.js';
import { attachRoute, parentGateway, type RouteRefusal } from './attach-route.js';
import { resolveBackendRef } from './backend-refs.js';
import { hasFilter, referrerOf } from './compile-routes.js';
import { type Finding, stampConditions } from './conditions.js';
import type { PlannedListener } from './listeners.js';
import { CONTROLLER_NAME, foreignEntries, ownConditions } from './previous-status.js';
import type { Referents } from './referents.js';

/** A Gateway as a route sees it: ours with its listeners, somebody else's, or missing. */
export type ParentGateway =
  | { readonly state: 'ours'; readonly listeners: readonly PlannedListener[] }
  | { readonly state: 'foreign' }
  | { readonly state: 'missing' };

export interface RouteStatusInput {
  readonly route: KubeObject;
  readonly findParent: (gateway: NamespacedName) => ParentGateway;
  readonly referents: Referents;
  readonly previous: JsonValue | undefined;
  readonly now: string;
}

/** Gateway API RouteStatus: what came of each parentRef that is ours to answer for. */
export function routeStatus(input: RouteStatusInput): JsonValue {
  const { route, previous, now } = input;
  const shared = [findResolvedRefs(input), ...findPartlyServed(route)];
  const own = (routeSpec(route).parentRefs ?? []).flatMap((ref) => {
    const accepted = findAccepted(input, ref);
    if (accepted === undefined) return [];
    const stamp = {
      generation: route.metadata.generation,
      now,
      previous: ownConditions(previous, 'parents', ref as unknown as JsonValue),
    };
    return [
      {
        parentRef: ref,
        controllerName: CONTROLLER_NAME,
        conditions: stampConditions([accepted, ...shared], stamp),
      },
    ];
  });
  return { parents: [...foreignEntries(previous, 'parents'), ...own] } as unknown as JsonValue;
}

/** Undefined when another controller answers for this parent. */
function findAccepted(
  { route, findParent }: RouteStatusInput,
  ref: ParentRef,
): Finding | undefined {
  const gateway = parentGateway(route, ref);
  if (gateway === undefined) return undefined;
  const parent = findParent(gateway);
  switch (parent.state) {
    case 'foreign':
      return undefined;
    case 'missing':
      return refused({
        reason: 'NoMatchingParent',
        message: `Gateway ${gateway.namespace}/${gateway.name} not found`,
      });
    case 'ours': {
      const { attachments, refusal } = attachRoute(route, ref, gateway, parent.listeners);
      if (refusal !== undefined) return refused(refusal);
      const names = attachments.map(({ listener }) => listener.spec.name).join(', ');
      const message = `attached to listener ${names}`;
      return { type: 'Accepted', status: 'True', reason: 'Accepted', message };
    }
  }
}

function refused({ reason, message }: RouteRefusal): Finding {
  return { type: 'Accepted', status: 'False', reason, message };
}

function findResolvedRefs({ route, referents }: RouteStatusInput): Finding {
  const referrer = referrerOf(route);
  const refs = (routeSpec(route).rules ?? []).flatMap((rule) => rule.backendRefs ?? []);
  const problems = refs.flatMap((ref) => resolveBackendRef(ref, referrer, referents).problem ?? []);
  const [first] = problems;
  if (first === undefined) {
    const message = 'every backendRef is resolved';
    return { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message };
  }
  const message = `${problems.map((problem) => problem.message).join('; ')}; their share of the traffic is refused`;
  return { type: 'ResolvedRefs', status: 'False', reason: first.reason, message };
}

/** Names what the rules ask for and do not get, rule by rule; none when all is served. */
function findPartlyServed(route: KubeObject): readonly Finding[] {
  const notes = (routeSpec(route).rules ?? []).flatMap(describeRule);
  if (notes.length === 0) return [];
  const message = notes.join('; ');
  return [{ type: 'PartiallyInvalid', status: 'True', reason: 'UnsupportedValue', message }];
}

function describeRule(rule: RouteRule, index: number): readonly string[] {
  const path = `spec.rules[${index}]`;
  const notes: string[] = [];
  if (hasFilter(rule)) {
    notes.push(
      `${path}: filters are not supported by this control plane yet, so the rule answers 500`,
    );
  }
  if ((rule.matches ?? []).some(isBeyondWorkers)) {
    notes.push(
      `${path}: matches on headers, method, queryParams or a RegularExpression path are sent, and Heartline workers, which do not serve them yet, answer 500`,
    );
  }
  for (const field of ['timeouts', 'retry', 'sessionPersistence'] as const) {
    if (rule[field] === undefined) continue;
    notes.push(`${path}.${field} is not supported by this control plane yet and has no effect`);
  }
  return notes;
}

function isBeyondWorkers({
  path,
  headers,
  queryParams,
  method,
}: NonNullable<RouteRule['matches']>[number]): boolean {
  const isNamed = [headers, queryParams].some((list) => list !== undefined && list.length > 0);
  return isNamed || method !== undefined || path?.type === 'RegularExpression';
}
