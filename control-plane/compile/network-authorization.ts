// SPDX-License-Identifier: Apache-2.0
import type { _agentgateway_dev_resource_FrontendPolicySpec_NetworkAuthorization as WireNetworkAuthorization } from '../../shared/proto/gen/agentgateway/dev/resource/FrontendPolicySpec.js';
import { findCelProblem } from '../policy/cel-expression.js';
import type { NetworkAuthorization } from '../policy/policy-spec.js';
import { complete, type PartOutcome } from './part-outcome.js';

const LIST_OF_ACTION = { Allow: 'allow', Deny: 'deny', Require: 'require' } as const;

/**
 * Who may connect. An expression that nobody can evaluate fails closed: as an Allow it lets nobody in, so it is left
 * out; as a Deny or a Require it may mean anybody, so everybody is refused until it is put right.
 */
export function compileNetworkAuthorization({
  action,
  policy,
}: NetworkAuthorization): PartOutcome<WireNetworkAuthorization> {
  const list = LIST_OF_ACTION[action];
  const valid: string[] = [];
  const problems: string[] = [];
  policy.matchExpressions.forEach((expression, index) => {
    const problem = findCelProblem(expression);
    if (problem === undefined) valid.push(expression);
    else
      problems.push(
        `spec.frontend.networkAuthorization.policy.matchExpressions[${index}]: ${problem}`,
      );
  });
  if (problems.length === 0) return complete({ [list]: valid });
  if (list === 'allow' && valid.length > 0) {
    return { spec: { allow: valid }, problems: problems.map((one) => `${one}, it allows nobody`) };
  }
  return {
    spec: { deny: ['true'] },
    problems: problems.map((one) => `${one}, so every connection is refused`),
  };
}
