// SPDX-License-Identifier: Apache-2.0
import type { Attribute, Frontend, OtlpEndpoint } from './policy-spec.js';

/** A CEL expression of a policy, and where it stands. */
export interface PolicyExpression {
  readonly path: string;
  readonly text: string;
}

/** Every CEL expression of the parts about connections, in the order of their paths' fields. */
export function policyExpressions(frontend: Frontend): readonly PolicyExpression[] {
  const { networkAuthorization, accessLog, tracing, metrics } = frontend;
  const logPath = 'spec.frontend.accessLog';
  const tracePath = 'spec.frontend.tracing';
  const rules = networkAuthorization?.policy.matchExpressions ?? [];
  return [
    ...rules.map((text, index) => ({
      path: `spec.frontend.networkAuthorization.policy.matchExpressions[${index}]`,
      text,
    })),
    ...one(`${logPath}.filter`, accessLog?.filter),
    ...added(`${logPath}.attributes.add`, accessLog?.attributes?.add),
    ...ofEndpoint(`${logPath}.otlp`, accessLog?.otlp),
    ...ofEndpoint(tracePath, tracing),
    ...added(`${tracePath}.resources`, tracing?.resources),
    ...one(`${tracePath}.randomSampling`, tracing?.randomSampling),
    ...one(`${tracePath}.clientSampling`, tracing?.clientSampling),
    ...added('spec.frontend.metrics.attributes.add', metrics?.attributes.add),
  ];
}

function ofEndpoint(path: string, endpoint: OtlpEndpoint | undefined): readonly PolicyExpression[] {
  return [
    ...one(`${path}.filter`, endpoint?.filter),
    ...added(`${path}.attributes.add`, endpoint?.attributes?.add),
  ];
}

function one(path: string, text: string | undefined): readonly PolicyExpression[] {
  return text === undefined ? [] : [{ path, text }];
}

function added(path: string, attributes: readonly Attribute[] = []): readonly PolicyExpression[] {
  return attributes.map(({ expression }, index) => ({
    path: `${path}[${index}].expression`,
    text: expression,
  }));
}
