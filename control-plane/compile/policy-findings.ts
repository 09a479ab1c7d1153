// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId } from '../policy/object-name.js';
import { type Finding, finding } from './conditions.js';
import type { Claim } from './election.js';
import { type CompiledPolicy, type PolicyPart, pathOfPart } from './policy-parts.js';
import { describeTarget } from './policy-targets.js';

/** Accepted for the part of a policy that these claims are about (one gateway, or what is not attached). */
export function findAccepted(compiled: CompiledPolicy, claims: readonly Claim[]): Finding {
  const { parts, problems } = compiled;
  const lost = claims.flatMap(describeLoss).sort(compareText);
  if (lost.length > 0) {
    const kept = claims.filter(({ winner }) => winner === undefined).map(({ part }) => part);
    const message = [...lost, ...problems, ...closingParts(kept)].join('; ');
    return finding('Accepted', 'False', 'Conflicted', message);
  }
  if (parts.length === 0) return finding('Accepted', 'False', 'Invalid', problems.join('; '));
  const notes = closingParts(parts);
  if (problems.length > 0) {
    return finding('Accepted', 'True', 'PartiallyValid', [...problems, ...notes].join('; '));
  }
  return finding('Accepted', 'True', 'Valid', ['the policy is accepted', ...notes].join('; '));
}

/** What our own workers answer by closing ports; other proxies of the contract enforce it. */
const CLOSING: readonly PolicyPart['kind'][] = ['networkAuthorization', 'proxyProtocol'];

function closingParts(parts: readonly PolicyPart[]): readonly string[] {
  return CLOSING.filter((closing) => parts.some(({ kind }) => kind === closing)).map(
    (kind) =>
      `Heartline workers cannot enforce ${pathOfPart(kind)} yet and close the ports it covers`,
  );
}

function describeLoss({ part, target, winner }: Claim): readonly string[] {
  if (winner === undefined) return [];
  const by: KubeObject = winner;
  return [
    `${pathOfPart(part.kind)} on ${describeTarget(target)} is set by AgentgatewayPolicy ${objectId(by)}, which comes first (older, then by name)`,
  ];
}
