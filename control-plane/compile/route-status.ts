// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { JsonValue } from '../log/transaction.js';
import type { KubeObject } from '../policy/kube-object.js';
import { type ParentRef, routeSpec } from '../policy/route-spec.js';
import { attachRoute, parentGateway, type RouteRefusal } from './attach-route.js';
import { resolveBackendRef } from './backend-refs.js';
import { referrerOf } from './compile-routes.js';
import { type Finding, stampConditions } from './conditions.js';
import type { PlannedListener } from './listeners.js';
import { type PlannedRule, planRule } from './plan-rule.js';
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
  const plans = (routeSpec(route).rules ?? []).map((rule, index) =>
    planRule(rule, `spec.rules[${index}]`),
  );
  const notes = describeRules(plans);
  const isServed = plans.length === 0 || plans.some(({ state }) => state === 'served');
  const partly: Finding = {
    type: 'PartiallyInvalid',
    status: 'True',
    reason: 'UnsupportedValue',
    message: notes,
  };
  const shared = [findResolvedRefs(input), ...(isServed && notes !== '' ? [partly] : [])];
  const own = (routeSpec(route).parentRefs ?? []).flatMap((ref) => {
    const found = findAccepted(input, ref);
    if (found === undefined) return [];
    // Attached, but no rule of it can be served: said once the place is right.
    const accepted =
      isServed || found.status === 'False'
        ? found
        : refused({ reason: 'UnsupportedValue', message: notes });
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
  const [share, verb] = problems.length === 1 ? ['its share', 'is'] : ['their shares', 'are'];
  const message = `${problems.map((problem) => problem.message).join('; ')}; ${share} of the traffic ${verb} refused`;
  return { type: 'ResolvedRefs', status: 'False', reason: first.reason, message };
}

/** What the rules ask for and do not get, rule by rule; a message begins with `Dropped Rule` when one is left out (Gateway API). */
function describeRules(plans: readonly PlannedRule[]): string {
  const isAnyDropped = plans.some(({ state }) => state === 'dropped');
  const notes = plans.flatMap((plan) => plan.notes).join('; ');
  return isAnyDropped ? `Dropped Rule: ${notes}` : notes;
}
