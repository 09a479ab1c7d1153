// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import {
  backendTcpPolicyKey,
  frontendPolicyKey,
  serviceHostname,
} from '../../shared/names/resource-keys.js';
import type { Policy } from '../../shared/proto/gen/agentgateway/dev/resource/Policy.js';
import type { PolicyTarget as WireTarget } from '../../shared/proto/gen/agentgateway/dev/resource/PolicyTarget.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { type Candidate, type Claim, electClaims } from './election.js';
import type { PolicyContext } from './otlp-endpoint.js';
import { compilePolicy, type PolicyPart } from './policy-parts.js';
import { type PolicyTarget, targetsOf } from './policy-targets.js';
import type { TargetLookup } from './target-lookup.js';
import { withoutUnset } from './without-unset.js';

export interface PoliciesInput {
  readonly gatewayName: NamespacedName;
  readonly policies: readonly KubeObject[];
  readonly referents: PolicyContext['referents'];
  readonly lookup: TargetLookup;
}

/** One wire policy for each part and each target on this gateway; losers of a conflict are left out. */
export function compilePolicies(input: PoliciesInput): readonly Policy[] {
  return electClaims(candidatesOf(input))
    .filter((claim) => claim.winner === undefined)
    .map(compileClaim);
}

/** The policies that have a target on this gateway. */
function candidatesOf({ gatewayName, policies, referents, lookup }: PoliciesInput) {
  return policies.flatMap((policy): Candidate[] => {
    const targets = targetsOf(policy, lookup).filter(
      ({ gateway }) =>
        gateway.name === gatewayName.name && gateway.namespace === gatewayName.namespace,
    );
    if (targets.length === 0) return [];
    return [{ policy, targets, parts: compilePolicy(policy, referents).parts }];
  });
}

function compileClaim({ policy, part, target }: Claim): Policy {
  const { namespace, name } = objectName(policy);
  const { kind, ...spec } = part;
  return {
    key: keyOf({ namespace, name }, kind, target),
    name: { name, namespace, kind: 'AgentgatewayPolicy' },
    target: wireTarget(target),
    ...spec,
  };
}

function keyOf(policy: NamespacedName, kind: PolicyPart['kind'], target: PolicyTarget): string {
  const { namespace, name } = target.object ?? target.gateway;
  const place = withoutUnset({ section: target.sectionName, port: target.port });
  const at = { namespace, name, ...place };
  return kind === 'backendTcp'
    ? backendTcpPolicyKey(policy, at)
    : frontendPolicyKey(policy, kind, at);
}

function wireTarget(target: PolicyTarget): WireTarget {
  const { gateway, port, sectionName, object, servicePort } = target;
  const { name, namespace } = object ?? gateway;
  switch (object?.kind) {
    case undefined:
      return { gateway: { name, namespace, ...withoutUnset({ port, listener: sectionName }) } };
    case 'AgentgatewayBackend':
      return { backend: { name, namespace, ...withoutUnset({ section: sectionName }) } };
    case 'Service': {
      const hostname = serviceHostname({ namespace, name });
      return { service: { namespace, hostname, ...withoutUnset({ port: servicePort }) } };
    }
    default: {
      const kind = object?.kind ?? '';
      return { route: { name, namespace, kind, ...withoutUnset({ routeRule: sectionName }) } };
    }
  }
}
