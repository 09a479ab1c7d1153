// SPDX-License-Identifier: Apache-2.0
import { FRONTEND_SUFFIX } from '../../shared/names/resource-keys.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId } from '../policy/object-name.js';
import { policySpec } from '../policy/policy-spec.js';
import { type Finding, finding } from './conditions.js';
import type { Claim } from './election.js';
import { isCompiledKind } from './frontend-parts.js';

/** Accepted for the part of a policy that these claims are about (one gateway, or what is not attached). */
export function findAccepted(policy: KubeObject, claims: readonly Claim[]): Finding {
  const unsupported = unsupportedParts(policy);
  const lost = claims.filter((claim) => claim.winner !== undefined);
  if (lost.length > 0)
    return finding('Accepted', 'False', 'Conflicted', lost.map(describeLoss).join('; '));
  if (!hasCompiledPart(policy))
    return finding('Accepted', 'False', 'Invalid', unsupported.join('; '));
  const notes = [...unsupported, ...unenforcedParts(policy)];
  if (notes.length > 0) return finding('Accepted', 'True', 'PartiallyValid', notes.join('; '));
  return finding('Accepted', 'True', 'Valid', 'the policy is accepted');
}

/** Whether anything of the policy goes to the wire, conflicts aside. */
export function hasCompiledPart(policy: KubeObject): boolean {
  return Object.keys(policySpec(policy).frontend ?? {}).some(isCompiledKind);
}

/** Names every part that is kept as written and not compiled. */
function unsupportedParts(policy: KubeObject): readonly string[] {
  const { frontend = {}, traffic, backend } = policySpec(policy);
  const parts = Object.keys(FRONTEND_SUFFIX)
    .filter((kind) => Object.hasOwn(frontend, kind) && !isCompiledKind(kind))
    .map((kind) => `frontend.${kind}`);
  if (backend !== undefined) parts.push('backend');
  if (traffic !== undefined) parts.push('traffic');
  if (parts.length === 0) return [];
  const names = parts.sort().map((part) => `spec.${part}`);
  const verb = parts.length === 1 ? 'is' : 'are';
  return [`${names.join(', ')} ${verb} not supported by this control plane yet`];
}

/** What is sent and yet not served: a worker that cannot check who may connect lets nobody connect. */
function unenforcedParts(policy: KubeObject): readonly string[] {
  if (policySpec(policy).frontend?.networkAuthorization === undefined) return [];
  return [
    'spec.frontend.networkAuthorization is sent, and Heartline workers, which cannot enforce it yet, refuse every connection it covers',
  ];
}

function describeLoss({ kind, target, winner }: Claim): string {
  const port = target.port === undefined ? '' : ` port ${target.port}`;
  const where = `Gateway ${target.gateway.namespace}/${target.gateway.name}${port}`;
  const by = winner === undefined ? '' : objectId(winner);
  return `spec.frontend.${kind} on ${where} is set by AgentgatewayPolicy ${by}, which comes first (older, then by name)`;
}
