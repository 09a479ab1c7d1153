// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId } from '../policy/object-name.js';
import type { PolicyPart } from './policy-parts.js';
import { describeTarget, type PolicyTarget } from './policy-targets.js';

/** A policy, what of it can be sent, and its targets on one gateway. */
export interface Candidate {
  readonly policy: KubeObject;
  readonly parts: readonly PolicyPart[];
  readonly targets: readonly PolicyTarget[];
}

/** One part of one policy on one target of the gateway, and who keeps that target from it. */
export interface Claim {
  readonly policy: KubeObject;
  readonly part: PolicyPart;
  readonly target: PolicyTarget;
  /** The older policy that has the target; undefined when this one has it. */
  readonly winner: KubeObject | undefined;
}

/**
 * Decides who has which kind on which target of one gateway: the older policy, then by namespace and
 * name, as the Gateway API resolves conflicts. Network authorizations add up (both restrict), so they
 * never conflict. A port and its Gateway are two targets; which one counts is the worker's rule. A part
 * that cannot be sent claims nothing: it would keep out one that can.
 */
export function electClaims(candidates: readonly Candidate[]): readonly Claim[] {
  const holders = new Map<string, KubeObject>();
  const claims: Claim[] = [];
  for (const { policy, parts, targets } of [...candidates].sort(byAge)) {
    for (const part of parts) {
      for (const target of targets) {
        const slot = `${part.kind} ${describeTarget(target)}`;
        const holder = part.kind === 'networkAuthorization' ? undefined : holders.get(slot);
        // A port of a Service, named by number and by name in one policy.
        if (holder === policy) continue;
        if (holder === undefined) holders.set(slot, policy);
        claims.push({ policy, part, target, winner: holder });
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
