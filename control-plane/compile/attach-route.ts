// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { ListenerSpec } from '../policy/gateway-spec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { type ParentRef, routeSpec } from '../policy/route-spec.js';
import { intersectHostnames } from './hostnames.js';
import { isServed, type PlannedListener, ROUTE_KIND, type ServedListener } from './listeners.js';
import { isGatewayKind } from './policy-targets.js';

/** A listener that takes a route, and the route's hosts on it (empty = all of the listener's). */
export interface Attachment {
  readonly listener: ServedListener;
  readonly hostnames: readonly string[];
}

/** Reasons of a route's Accepted condition (Gateway API). */
export type RouteRefusalReason =
  | 'NoMatchingParent'
  | 'NotAllowedByListeners'
  | 'NoMatchingListenerHostname'
  | 'UnsupportedValue';

export interface RouteRefusal {
  readonly reason: RouteRefusalReason;
  readonly message: string;
}

/** What came of one parentRef: at least one attachment, or a refusal. */
export interface ParentOutcome {
  readonly attachments: readonly Attachment[];
  readonly refusal: RouteRefusal | undefined;
}

/** The Gateway a parentRef names; undefined when it names something else. */
export function parentGateway(route: KubeObject, ref: ParentRef): NamespacedName | undefined {
  if (!isGatewayKind(ref)) return undefined;
  return { namespace: ref.namespace ?? objectName(route).namespace, name: ref.name };
}

/** Which listeners of `gateway` take the route through this parentRef. */
export function attachRoute(
  route: KubeObject,
  ref: ParentRef,
  gateway: NamespacedName,
  listeners: readonly PlannedListener[],
): ParentOutcome {
  const named = listeners.filter(
    ({ spec }) =>
      (ref.sectionName === undefined || spec.name === ref.sectionName) &&
      (ref.port === undefined || spec.port === ref.port),
  );
  if (named.length === 0) return refuse('NoMatchingParent', missingListener(ref, gateway));
  const allowing = named.filter(isServed).filter((listener) => allows(listener, route, gateway));
  if (allowing.length === 0) {
    return refuse('NotAllowedByListeners', notAllowed(route, named));
  }
  const attachments = allowing.flatMap((listener): Attachment[] => {
    const hostnames = intersectHostnames(listener.spec.hostname, routeSpec(route).hostnames ?? []);
    return hostnames === undefined ? [] : [{ listener, hostnames }];
  });
  if (attachments.length > 0) return { attachments, refusal: undefined };
  return refuse(
    'NoMatchingListenerHostname',
    `no host of the route is a host of listener ${allowing.map(({ spec }) => spec.name).join(', ')}`,
  );
}

function allows(listener: ServedListener, route: KubeObject, gateway: NamespacedName): boolean {
  const { spec, protocol } = listener;
  if (ROUTE_KIND[protocol] !== route.kind) return false;
  const kinds = spec.allowedRoutes?.kinds ?? [];
  if (kinds.length > 0 && !kinds.some((allowed) => allowed.kind === route.kind)) return false;
  return allowsNamespace(spec, objectName(route).namespace, gateway.namespace);
}

/** Selector needs the labels of namespaces, which no source gives us yet: it allows nothing. */
function allowsNamespace(spec: ListenerSpec, routeNamespace: string, own: string): boolean {
  const from = spec.allowedRoutes?.namespaces?.from ?? 'Same';
  return from === 'All' || (from === 'Same' && routeNamespace === own);
}

function refuse(reason: RouteRefusalReason, message: string): ParentOutcome {
  return { attachments: [], refusal: { reason, message } };
}

function missingListener(ref: ParentRef, { namespace, name }: NamespacedName): string {
  const section = ref.sectionName === undefined ? '' : ` ${ref.sectionName}`;
  const port = ref.port === undefined ? '' : ` on port ${ref.port}`;
  return `Gateway ${namespace}/${name} has no listener${section}${port}`;
}

function notAllowed(route: KubeObject, named: readonly PlannedListener[]): string {
  const { namespace, name } = objectName(route);
  const listeners = named.map(describeListener).join(', ');
  return `no listener takes ${route.kind} ${namespace}/${name}: ${listeners}`;
}

/** What a listener takes, or why it takes nothing. */
function describeListener({ spec, state }: PlannedListener): string {
  if (state !== 'served') return `${spec.name} (${spec.protocol}, ${state})`;
  const from = spec.allowedRoutes?.namespaces?.from ?? 'Same';
  const kinds = (spec.allowedRoutes?.kinds ?? []).map(({ kind }) => kind);
  const only = kinds.length === 0 ? '' : `, kinds ${kinds.join(' and ')}`;
  return `${spec.name} (${spec.protocol}, namespaces from ${from}${only})`;
}
