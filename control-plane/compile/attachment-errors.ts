// SPDX-License-Identifier: Apache-2.0
import { gatewaySpec } from '../policy/gateway-spec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { policySpec } from '../policy/policy-spec.js';
import { routeSpec } from '../policy/route-spec.js';
import {
  findServicePort,
  type NamedTarget,
  namedTargets,
  type PolicyTarget,
} from './policy-targets.js';
import { type TargetLookup, targetId } from './target-lookup.js';

export interface AttachmentErrors {
  /** Sorted as the targets are. */
  readonly errors: readonly string[];
  /** Targets that are sent all the same, for the day they exist. */
  readonly broken: ReadonlySet<PolicyTarget>;
}

/** What of a policy's targets does not exist, or leads to no Gateway. `lookup` knows our Gateways only. */
export function attachmentErrors(
  policy: KubeObject,
  targets: readonly PolicyTarget[],
  lookup: TargetLookup,
): AttachmentErrors {
  const errors = new Set<string>();
  const errorOf = new Map<PolicyTarget, string>();
  for (const target of targets) {
    const error = gatewayError(target, lookup);
    if (error !== undefined) errorOf.set(target, error);
    if (error !== undefined && target.object === undefined) errors.add(error);
  }
  const named = namedTargets(policy, lookup);
  for (const target of named) {
    for (const error of objectErrors(target, placesIn(targets, target), errorOf, lookup)) {
      errors.add(error);
    }
  }
  if (named.length === 0) for (const error of unmatchedSelectors(policy)) errors.add(error);
  return { errors: [...errors], broken: new Set(errorOf.keys()) };
}

function placesIn(
  targets: readonly PolicyTarget[],
  { kind, ...name }: NamedTarget,
): readonly PolicyTarget[] {
  const id = targetId(kind, name);
  return targets.filter(({ object }) => object && targetId(object.kind, object) === id);
}

function gatewayError(
  { gateway, object, port, sectionName }: PolicyTarget,
  lookup: TargetLookup,
): string | undefined {
  const name = `Gateway ${gateway.namespace}/${gateway.name}`;
  const found = lookup.find('Gateway', gateway);
  if (found === undefined) return `${name} not found`;
  if (object !== undefined) return undefined;
  const { listeners } = gatewaySpec(found);
  if (port !== undefined && !listeners.some((listener) => listener.port === port)) {
    return `port ${port} not found in ${name}`;
  }
  if (sectionName !== undefined && !listeners.some((listener) => listener.name === sectionName)) {
    return `listener ${sectionName} not found in ${name}`;
  }
  return undefined;
}

/** Kinds that a policy may name and that this control plane does not read. */
const UNREAD = ['GRPCRoute', 'InferencePool', 'ListenerSet'];

/** An object that one of our Gateways serves is attached, whatever other Gateways its routes name. */
function objectErrors(
  target: NamedTarget,
  places: readonly PolicyTarget[],
  errorOf: ReadonlyMap<PolicyTarget, string>,
  lookup: TargetLookup,
): readonly string[] {
  const { kind, namespace, name, sectionName } = target;
  if (kind === 'Gateway') return [];
  const words = `${kind} ${namespace}/${name}`;
  if (UNREAD.includes(kind)) return [`${words} is of a kind that this control plane does not read`];
  const object = lookup.find(kind, target);
  if (object === undefined) return [`${words} not found`];
  if (
    kind === 'Service' &&
    sectionName !== undefined &&
    findServicePort(target, lookup) === undefined
  ) {
    return [`TCP port ${sectionName} not found in ${words}`];
  }
  const isRoute = kind === 'HTTPRoute';
  if (places.length === 0) {
    return [isRoute ? `${words} has no Gateway as a parent` : `no route sends to ${words}`];
  }
  if (places.every((place) => errorOf.has(place))) {
    return places.map((place) => `${words}: ${errorOf.get(place)}`);
  }
  const rules = routeSpec(object).rules ?? [];
  const isMissing = isRoute && !rules.some((rule) => rule.name === sectionName);
  return sectionName !== undefined && isMissing
    ? [`rule ${sectionName} not found in ${words}`]
    : [];
}

/** Selectors either lead to targets or, when none of them did, are an attachment error. */
function unmatchedSelectors(policy: KubeObject): readonly string[] {
  const kinds = new Set((policySpec(policy).targetSelectors ?? []).map(({ kind }) => kind));
  return [...kinds].map(
    (kind) =>
      `no ${kind} in namespace ${objectName(policy).namespace} has the labels of targetSelectors`,
  );
}
