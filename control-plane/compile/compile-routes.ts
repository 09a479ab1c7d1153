// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { listenerKey, routeKey, tcpRouteKey } from '../../shared/names/resource-keys.js';
import type { Route } from '../../shared/proto/gen/agentgateway/dev/resource/Route.js';
import type { RouteBackend } from '../../shared/proto/gen/agentgateway/dev/resource/RouteBackend.js';
import type { RouteMatch } from '../../shared/proto/gen/agentgateway/dev/resource/RouteMatch.js';
import type { RouteName } from '../../shared/proto/gen/agentgateway/dev/resource/RouteName.js';
import type { TCPRoute } from '../../shared/proto/gen/agentgateway/dev/resource/TCPRoute.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import {
  type HttpMatch,
  type NamedMatch,
  type RouteRule,
  routeSpec,
} from '../policy/route-spec.js';
import { type Attachment, attachRoute, parentGateway } from './attach-route.js';
import { nowhere, resolveBackendRef } from './backend-refs.js';
import type { PlannedListener } from './listeners.js';
import { type PlannedRef, planRule } from './plan-rule.js';
import type { Referents, Referrer } from './referents.js';
import { withoutUnset } from './without-unset.js';

/** What every route of one gateway is compiled against. */
export interface RouteContext {
  readonly gateway: NamespacedName;
  readonly listeners: readonly PlannedListener[];
  readonly referents: Referents;
}

/** One wire route for each rule and each listener, with all matches of the rule that can hold. */
export function compileHttpRoute(route: KubeObject, context: RouteContext): readonly Route[] {
  const name = objectName(route);
  const plans = (routeSpec(route).rules ?? []).map((rule, index) =>
    planRule(rule, `spec.rules[${index}]`),
  );
  const compiled = forEachRule(route, context, (rule, index, { listener, hostnames }) => {
    const plan = plans[index];
    if (plan === undefined || plan.state === 'dropped') return [];
    const wire: Route = {
      key: routeKey(name, index, listener.spec.name),
      listenerKey: listenerKey(context.gateway, listener.spec.name),
      name: routeName(route, rule),
      ...withoutUnset({
        hostnames: [...hostnames],
        matches: plan.matches.map(compileMatch),
        // A refused rule keeps its matches and has no backends: every proxy answers 500. The filter that cannot be had may be
        // what keeps somebody out.
        backends: plan.refs.map((ref) => compilePlannedRef(ref, route, context)),
        trafficPolicies: [...plan.policies],
      }),
    };
    return [wire];
  });
  return compiled.flat();
}

function compilePlannedRef(
  { ref, policies, isRefused }: PlannedRef,
  route: KubeObject,
  { referents }: RouteContext,
): RouteBackend {
  const resolved = resolveBackendRef(ref, referrerOf(route), referents);
  const backend = isRefused ? nowhere(ref, objectName(route).namespace) : resolved.reference;
  return { backend, weight: ref.weight, ...withoutUnset({ backendPolicies: [...policies] }) };
}

export function compileTcpRoute(route: KubeObject, context: RouteContext): readonly TCPRoute[] {
  const name = objectName(route);
  const created = creationSeconds(route);
  return forEachRule(route, context, (rule, index, { listener }) => ({
    key: tcpRouteKey(name, index, listener.spec.name, created),
    listenerKey: listenerKey(context.gateway, listener.spec.name),
    name: routeName(route, rule),
    ...withoutUnset({ backends: compileBackends(rule, referrerOf(route), context) }),
  }));
}

/** Several parentRefs may lead to one listener; it gets the route once. */
function forEachRule<T>(
  route: KubeObject,
  { gateway, listeners }: RouteContext,
  compileRule: (rule: RouteRule, index: number, attachment: Attachment) => T,
): readonly T[] {
  const { parentRefs = [], rules = [] } = routeSpec(route);
  const attachments = new Map<string, Attachment>();
  for (const ref of parentRefs) {
    const parent = parentGateway(route, ref);
    if (parent?.name !== gateway.name || parent.namespace !== gateway.namespace) continue;
    for (const attachment of attachRoute(route, ref, gateway, listeners).attachments) {
      attachments.set(attachment.listener.spec.name, attachment);
    }
  }
  return [...attachments.values()].flatMap((attachment) =>
    rules.map((rule, index) => compileRule(rule, index, attachment)),
  );
}

function routeName(route: KubeObject, rule: RouteRule): RouteName {
  const { name, namespace } = objectName(route);
  const ruleName = rule.name === undefined ? {} : { ruleName: rule.name };
  return { kind: route.kind, name, namespace, ...ruleName };
}

/** A route as grants know it. */
export function referrerOf(route: KubeObject): Referrer {
  return { kind: route.kind, namespace: objectName(route).namespace };
}

function compileBackends(
  rule: RouteRule,
  route: Referrer,
  { referents }: RouteContext,
): RouteBackend[] {
  return (rule.backendRefs ?? []).map((ref) => ({
    backend: resolveBackendRef(ref, route, referents).reference,
    weight: ref.weight,
  }));
}

function compileMatch({ path, headers, queryParams, method }: HttpMatch): RouteMatch {
  return withoutUnset({
    path: path && compilePath(path),
    headers: (headers ?? []).map(compileNamedMatch),
    method: method === undefined ? undefined : { exact: method },
    queryParams: (queryParams ?? []).map(compileNamedMatch),
  });
}

function compilePath({ type, value }: NonNullable<HttpMatch['path']>): RouteMatch['path'] {
  switch (type) {
    case 'Exact':
      return { exact: value };
    case 'PathPrefix':
      return { pathPrefix: value };
    case 'RegularExpression':
      return { regex: value };
  }
}

function compileNamedMatch({ type, name, value }: NamedMatch) {
  return type === 'Exact' ? { name, exact: value } : { name, regex: value };
}

function creationSeconds({ metadata }: KubeObject): number | undefined {
  const text = metadata.creationTimestamp;
  return text === undefined ? undefined : Math.floor(Date.parse(text) / 1000);
}
