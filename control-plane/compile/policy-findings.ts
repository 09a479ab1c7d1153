// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId } from '../policy/object-name.js';
import { type Finding, finding } from './conditions.js';
import type { Claim } from './election.js';
import { type CompiledPolicy, pathOfPart } from './policy-parts.js';
import { describeTarget } from './policy-targets.js';

/** Accepted for the part of a policy that these claims are about (one gateway, or what is not attached). */
export function findAccepted(compiled: CompiledPolicy, claims: readonly Claim[]): Finding {
  const { parts, problems } = compiled;
  const lost = claims.flatMap(describeLoss).sort(compareText);
  if (lost.length > 0) {
    return finding('Accepted', 'False', 'Conflicted', [...lost, ...problems].join('; '));
  }
  if (parts.length === 0) return finding('Accepted', 'False', 'Invalid', problems.join('; '));
  if (problems.length > 0) {
    return finding('Accepted', 'True', 'PartiallyValid', problems.join('; '));
  }
  return finding('Accepted', 'True', 'Valid', 'the policy is accepted');
}

function describeLoss({ part, target, winner }: Claim): readonly string[] {
  if (winner === undefined) return [];
  const by: KubeObject = winner;
  return [
    `${pathOfPart(part.kind)} on ${describeTarget(target)} is set by AgentgatewayPolicy ${objectId(by)}, which comes first (older, then by name)`,
  ];
}
