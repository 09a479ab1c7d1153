// SPDX-License-Identifier: Apache-2.0
import { gatewaySpec } from '../gateway-spec.js';
import type { KubeObject } from '../kube-object.js';
import { objectName } from '../object-name.js';
import { policySpec } from '../policy-spec.js';
import type { Hit, LintRule, Surroundings } from './rule.js';

/** Rules about what a policy names, where that is known. */
export const TARGET_RULES: readonly LintRule[] = [
  {
    ...{ id: 'target-without-listener', severity: 'warning', kind: 'AgentgatewayPolicy' },
    field: 'targetRefs',
    says: 'The Gateway is there and has no listener of that port or name: the policy reaches nothing until it has.',
    sources: [
      {
        title: 'Gateway API, GEP-713',
        url: 'https://gateway-api.sigs.k8s.io/geps/gep-713/',
      },
    ],
    check: missingListeners,
  },
];

function missingListeners(policy: KubeObject, { findGateway }: Surroundings): readonly Hit[] {
  const { namespace } = objectName(policy);
  return (policySpec(policy).targetRefs ?? []).flatMap((ref, index): readonly Hit[] => {
    const gateway = ref.kind === 'Gateway' ? findGateway?.(namespace, ref.name) : undefined;
    if (gateway === undefined) return [];
    const { listeners } = gatewaySpec(gateway);
    const path = `spec.targetRefs[${index}]`;
    if (ref.port !== undefined && !listeners.some(({ port }) => port === ref.port)) {
      const ports = [...new Set(listeners.map(({ port }) => port))].sort((a, b) => a - b);
      return [{ field: `${path}.port`, message: miss(ref.port, namespace, ref.name, ports) }];
    }
    if (ref.sectionName !== undefined && !listeners.some(({ name }) => name === ref.sectionName)) {
      const names = listeners.map(({ name }) => name).sort();
      const message = miss(ref.sectionName, namespace, ref.name, names);
      return [{ field: `${path}.sectionName`, message }];
    }
    return [];
  });
}

function miss(
  wanted: number | string,
  namespace: string,
  name: string,
  known: readonly (number | string)[],
): string {
  return `${wanted} is no listener of Gateway ${namespace}/${name}, which has ${known.join(', ')}`;
}
