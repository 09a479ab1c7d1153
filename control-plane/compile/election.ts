// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId } from '../policy/object-name.js';
import { policySpec } from '../policy/policy-spec.js';
import { COMPILED_KINDS, type CompiledKind } from './frontend-parts.js';
import type { GatewayTarget } from './policy-targets.js';

/** A policy and its targets on one gateway. */
export interface Candidate {
  readonly policy: KubeObject;
  readonly targets: readonly GatewayTarget[];
}

/** One part of one policy on one target of the gateway, and who keeps that target from it. */
export interface Claim {
  readonly policy: KubeObject;
  readonly kind: CompiledKind;
  readonly target: GatewayTarget;
  /** The older policy that has the target; undefined when this one has it. */
  readonly winner: KubeObject | undefined;
}

/**
 * Decides who has which kind on which target of one gateway: the older policy, then by namespace and
 * name, as the Gateway API resolves conflicts. Network authorizations add up (both restrict), so they
 * never conflict. A port and its Gateway are two targets; which one counts is the worker's rule.
 */
export function electClaims(candidates: readonly Candidate[]): readonly Claim[] {
  const holders = new Map<string, KubeObject>();
  const claims: Claim[] = [];
  for (const { policy, targets } of [...candidates].sort(byAge)) {
    const frontend = policySpec(policy).frontend ?? {};
    for (const kind of COMPILED_KINDS) {
      if (frontend[kind] === undefined) continue;
      for (const target of targets) {
        const key = `${kind}/${target.port ?? ''}`;
        const holder = kind === 'networkAuthorization' ? undefined : holders.get(key);
        if (holder === undefined) holders.set(key, policy);
        claims.push({ policy, kind, target, winner: holder });
      }
    }
  }
  return claims;
}

/** RFC 3339 in UTC with whole seconds sorts as text; an object without a time counts as the newest. */
function byAge(a: Candidate, b: Candidate): number {
  const [timeA, timeB] = [a, b].map(({ policy }) => policy.metadata.creationTimestamp ?? '~');
  return (
    compareText(timeA ?? '~', timeB ?? '~') || compareText(objectId(a.policy), objectId(b.policy))
  );
}
