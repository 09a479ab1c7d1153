// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { policySpec, type TargetRef, type TargetSelector } from '../policy/policy-spec.js';
import { routeSpec } from '../policy/route-spec.js';
import { tcpPorts } from '../policy/service-spec.js';
import { type TargetLookup, targetId } from './target-lookup.js';

/** A target of a policy on the workers of one Gateway. */
export interface PolicyTarget {
  /** The Gateway whose workers get the policy. */
  readonly gateway: NamespacedName;
  /** A port of the Gateway. */
  readonly port?: number;
  /** A listener of the Gateway; a rule or section of `object`. */
  readonly sectionName?: string;
  /** What is meant on that Gateway; absent: the Gateway itself. */
  readonly object?: TargetObject;
  /** The number of the port that sectionName names by number or name, on a Service. */
  readonly servicePort?: number;
}

export interface TargetObject extends NamespacedName {
  readonly kind: string;
}

/** A target as it was written or selected, whether anything came of it or not. */
export interface NamedTarget extends TargetObject {
  readonly port?: number;
  readonly sectionName?: string;
}

const GATEWAY_GROUP = 'gateway.networking.k8s.io';

export function isGatewayKind(part: { readonly group: string; readonly kind: string }): boolean {
  return part.kind === 'Gateway' && part.group === GATEWAY_GROUP;
}

/**
 * What a policy names or selects, each once, sorted: the order in which targets are written never matters.
 * Refs are taken as they are, whether the object exists or not; selectors look in the policy's own namespace.
 */
export function namedTargets(policy: KubeObject, lookup: TargetLookup): readonly NamedTarget[] {
  const { targetRefs = [], targetSelectors = [] } = policySpec(policy);
  const { namespace } = objectName(policy);
  const targets = new Map<string, NamedTarget>();
  const add = (name: string, { kind, port, sectionName }: TargetRef | TargetSelector): void => {
    const target: NamedTarget = {
      ...{ kind, namespace, name },
      ...(port === undefined ? {} : { port }),
      ...(sectionName === undefined ? {} : { sectionName }),
    };
    targets.set(`${targetId(kind, target)}/${port ?? ''}/${sectionName ?? ''}`, target);
  };
  for (const ref of targetRefs) add(ref.name, ref);
  for (const selector of targetSelectors) {
    for (const object of lookup.ofKind(selector.kind, namespace)) {
      if (isSelected(object, selector)) add(object.metadata.name, selector);
    }
  }
  return [...targets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target);
}

/** Where each target is sent. A route goes to its Gateways, a backend to those of the routes that use it. */
export function targetsOf(policy: KubeObject, lookup: TargetLookup): readonly PolicyTarget[] {
  return namedTargets(policy, lookup).flatMap((target) => placesOf(target, lookup));
}

function placesOf(target: NamedTarget, lookup: TargetLookup): readonly PolicyTarget[] {
  const { kind, namespace, name, port, sectionName } = target;
  const inside = sectionName === undefined ? {} : { sectionName };
  if (kind === 'Gateway') {
    const at = port === undefined ? {} : { port };
    return [{ gateway: { namespace, name }, ...at, ...inside }];
  }
  const object = { kind, namespace, name };
  const servicePort = findServicePort(target, lookup);
  if (kind === 'Service' && sectionName !== undefined && servicePort === undefined) return [];
  const at = servicePort === undefined ? {} : { servicePort };
  return gatewaysServing(object, lookup).map((gateway) => ({ gateway, object, ...inside, ...at }));
}

/** The port of a Service that a target's sectionName means; undefined when there is none. */
export function findServicePort(
  { kind, sectionName, ...name }: NamedTarget,
  lookup: TargetLookup,
): number | undefined {
  const service = kind === 'Service' ? lookup.find(kind, name) : undefined;
  if (service === undefined || sectionName === undefined) return undefined;
  const ports = tcpPorts(service);
  const found = ports.find((one) => one.name === sectionName || String(one.port) === sectionName);
  return found?.port;
}

function gatewaysServing(object: TargetObject, lookup: TargetLookup): readonly NamespacedName[] {
  if (lookup.find(object.kind, object) === undefined) return [];
  const own = lookup.find(object.kind, object);
  const routes = own && isRoute(own) ? [own] : [...lookup.routesTo(object.kind, object)];
  const gateways = routes.flatMap(parentGateways);
  return [...new Map(gateways.map((one) => [`${one.namespace}/${one.name}`, one]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, gateway]) => gateway);
}

function isRoute({ kind }: KubeObject): boolean {
  return kind === 'HTTPRoute' || kind === 'TCPRoute';
}

/** The Gateways a route names as its parents. */
function parentGateways(route: KubeObject): readonly NamespacedName[] {
  const own = objectName(route).namespace;
  return (routeSpec(route).parentRefs ?? [])
    .filter(isGatewayKind)
    .map(({ namespace = own, name }) => ({ namespace, name }));
}

function isSelected({ metadata }: KubeObject, selector: TargetSelector): boolean {
  const labels = metadata.labels ?? {};
  return Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value);
}

/** `Gateway default/test port 8080`, for messages; equal targets read alike. */
export function describeTarget(target: PolicyTarget): string {
  const { gateway, sectionName, object, servicePort, port = servicePort } = target;
  const { kind, namespace, name } = object ?? { kind: 'Gateway', ...gateway };
  const where = `${kind} ${namespace}/${name}`;
  if (port !== undefined) return `${where} port ${port}`;
  if (sectionName === undefined) return where;
  return object === undefined ? `${where} listener ${sectionName}` : `${where} (${sectionName})`;
}
