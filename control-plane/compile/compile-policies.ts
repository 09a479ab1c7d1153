// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { frontendPolicyKey } from '../../shared/names/resource-keys.js';
import type { Policy } from '../../shared/proto/gen/agentgateway/dev/resource/Policy.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { policySpec } from '../policy/policy-spec.js';
import { type Candidate, type Claim, electClaims } from './election.js';
import { compileFrontendPart } from './frontend-parts.js';
import { targetsOf } from './policy-targets.js';

/** One wire policy for each kind present and each target on this gateway; losers of a conflict are left out. */
export function compilePolicies(
  gatewayName: NamespacedName,
  gateway: KubeObject | undefined,
  policies: readonly KubeObject[],
): readonly Policy[] {
  return electClaims(candidatesOf(gatewayName, gateway, policies))
    .filter((claim) => claim.winner === undefined)
    .map((claim) => compileClaim(gatewayName, claim));
}

/** The policies that have a target on this gateway. */
function candidatesOf(
  gatewayName: NamespacedName,
  gateway: KubeObject | undefined,
  policies: readonly KubeObject[],
): readonly Candidate[] {
  const selectable = gateway === undefined ? [] : [gateway];
  const candidates: Candidate[] = [];
  for (const policy of policies) {
    const targets = targetsOf(policy, selectable).filter(
      (target) =>
        target.gateway.name === gatewayName.name &&
        target.gateway.namespace === gatewayName.namespace,
    );
    if (targets.length > 0) candidates.push({ policy, targets });
  }
  return candidates;
}

function compileClaim(gateway: NamespacedName, { policy, kind, target }: Claim): Policy {
  const { namespace, name } = objectName(policy);
  const port = target.port === undefined ? {} : { port: target.port };
  const frontend = compileFrontendPart(kind, policySpec(policy).frontend ?? {});
  return {
    key: frontendPolicyKey({ namespace, name }, kind, { gateway, ...port }),
    name: { name, namespace, kind: 'AgentgatewayPolicy' },
    target: { gateway: { name: gateway.name, namespace: gateway.namespace, ...port } },
    frontend: frontend ?? {},
  };
}
