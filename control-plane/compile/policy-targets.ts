// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { policySpec, type TargetRef, type TargetSelector } from '../policy/policy-spec.js';

/** A Gateway, or one of its ports, or (access log, tracing and metrics only) one of its listeners. */
export interface GatewayTarget {
  readonly gateway: NamespacedName;
  readonly port?: number;
  readonly sectionName?: string;
}

const GATEWAY_GROUP = 'gateway.networking.k8s.io';

export function isGatewayKind(part: { readonly group: string; readonly kind: string }): boolean {
  return part.kind === 'Gateway' && part.group === GATEWAY_GROUP;
}

/**
 * The Gateways a policy names, each target once, in the order written. Refs are taken as they are, whether
 * the Gateway exists or not; selectors look through `gateways`.
 */
export function targetsOf(
  policy: KubeObject,
  gateways: readonly KubeObject[],
): readonly GatewayTarget[] {
  const { targetRefs = [], targetSelectors = [] } = policySpec(policy);
  const namespace = objectName(policy).namespace;
  const targets = new Map<string, GatewayTarget>();
  const add = (name: string, part: TargetRef | TargetSelector): void => {
    const { port, sectionName } = part;
    targets.set(`${name}/${port ?? ''}/${sectionName ?? ''}`, {
      gateway: { namespace, name },
      ...(port === undefined ? {} : { port }),
      ...(sectionName === undefined ? {} : { sectionName }),
    });
  };
  for (const ref of targetRefs) if (isGatewayKind(ref)) add(ref.name, ref);
  for (const selector of targetSelectors) {
    if (!isGatewayKind(selector)) continue;
    for (const gateway of gateways)
      if (isSelected(gateway, selector, namespace)) add(gateway.metadata.name, selector);
  }
  return [...targets.values()];
}

/** Policies select in their own namespace only. */
function isSelected(gateway: KubeObject, selector: TargetSelector, namespace: string): boolean {
  if (gateway.metadata.namespace !== namespace) return false;
  const labels = gateway.metadata.labels ?? {};
  return Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value);
}
