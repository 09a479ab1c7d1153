// SPDX-License-Identifier: Apache-2.0
import type {
  _agentgateway_dev_resource_FrontendPolicySpec_Logging_Fields as WireFields,
  _agentgateway_dev_resource_FrontendPolicySpec_Logging as WireLogging,
  _agentgateway_dev_resource_FrontendPolicySpec_Metrics as WireMetrics,
  _agentgateway_dev_resource_FrontendPolicySpec_Logging_OtlpAccessLog as WireOtlp,
  _agentgateway_dev_resource_FrontendPolicySpec_Tracing as WireTracing,
} from '../../shared/proto/gen/agentgateway/dev/resource/FrontendPolicySpec.js';
import { findCelProblem } from '../policy/cel-expression.js';
import type {
  AccessLog,
  Attribute,
  Attributes,
  Frontend,
  OtlpEndpoint,
  Tracing,
} from '../policy/policy-spec.js';
import { type PolicyContext, resolveOtlpEndpoint } from './otlp-endpoint.js';
import { leftOut, type PartOutcome } from './part-outcome.js';
import { withoutUnset } from './without-unset.js';

/**
 * Two kinds of mistakes. A field that is added is worth nothing without its expression, and the others are as
 * good without it: it is left out alone. A filter, a sampling or a collector says whether there is a record at
 * all: without it there would be more records than were asked for, or none, so the part is left out as a whole.
 */
export function compileAccessLog(
  accessLog: AccessLog,
  context: PolicyContext,
): PartOutcome<WireLogging> {
  const path = 'spec.frontend.accessLog';
  const fatal = celProblems(path, { filter: accessLog.filter });
  const fields = compileAttributes(`${path}.attributes`, accessLog.attributes);
  const otlp =
    accessLog.otlp === undefined ? undefined : compileOtlp(`${path}.otlp`, accessLog.otlp, context);
  if (otlp !== undefined && otlp.spec === undefined) fatal.push(...otlp.problems);
  if (fatal.length > 0) return leftOut(fatal);
  return {
    spec: withoutUnset({
      filter: accessLog.filter,
      fields: fields.spec,
      otlpAccessLog: otlp?.spec,
    }),
    problems: [...fields.problems, ...(otlp?.problems ?? [])],
  };
}

function compileOtlp(
  path: string,
  otlp: OtlpEndpoint,
  context: PolicyContext,
): PartOutcome<WireOtlp> {
  const fatal = celProblems(path, { filter: otlp.filter });
  const endpoint = resolveOtlpEndpoint(otlp, context);
  if ('problem' in endpoint) return leftOut([...fatal, `${path}: ${endpoint.problem}`]);
  if (fatal.length > 0) return leftOut(fatal);
  const fields = compileAttributes(`${path}.attributes`, otlp.attributes);
  return {
    spec: withoutUnset({
      ...endpoint,
      protocol: wireProtocol(otlp),
      filter: otlp.filter,
      fields: fields.spec,
    }),
    problems: fields.problems,
  };
}

export function compileTracing(tracing: Tracing, context: PolicyContext): PartOutcome<WireTracing> {
  const path = 'spec.frontend.tracing';
  const { filter, randomSampling, clientSampling } = tracing;
  const fatal = celProblems(path, { filter, randomSampling, clientSampling });
  const endpoint = resolveOtlpEndpoint(tracing, context);
  if ('problem' in endpoint) return leftOut([...fatal, `${path}: ${endpoint.problem}`]);
  if (fatal.length > 0) return leftOut(fatal);
  const attributes = keepValid(`${path}.attributes.add`, tracing.attributes?.add);
  const resources = keepValid(`${path}.resources`, tracing.resources);
  return {
    spec: withoutUnset({
      ...endpoint,
      attributes: attributes.valid.map(toTracingAttribute),
      resources: resources.valid.map(toTracingAttribute),
      ...{ randomSampling, clientSampling, filter },
      protocol: wireProtocol(tracing),
      remove: [...(tracing.attributes?.remove ?? [])],
    }),
    problems: [...attributes.problems, ...resources.problems],
  };
}

export function compileMetrics(
  metrics: NonNullable<Frontend['metrics']>,
): PartOutcome<WireMetrics> {
  const fields = compileAttributes('spec.frontend.metrics.attributes', metrics.attributes);
  return { spec: withoutUnset({ fields: fields.spec }), problems: fields.problems };
}

/** HTTP is 0 on the wire and goes without saying. */
function wireProtocol({ protocol }: OtlpEndpoint): 'GRPC' | undefined {
  return protocol === 'GRPC' ? 'GRPC' : undefined;
}

function toTracingAttribute({ name, expression }: Attribute): { name: string; value: string } {
  return { name, value: expression };
}

function compileAttributes(
  path: string,
  attributes: Attributes | undefined,
): PartOutcome<WireFields> {
  if (attributes === undefined) return leftOut([]);
  const { valid, problems } = keepValid(`${path}.add`, attributes.add);
  return {
    spec: withoutUnset({ remove: [...(attributes.remove ?? [])], add: valid }),
    problems,
  };
}

function keepValid(path: string, attributes: readonly Attribute[] = []) {
  const valid: Attribute[] = [];
  const problems: string[] = [];
  attributes.forEach((attribute, index) => {
    const problem = findCelProblem(attribute.expression);
    if (problem === undefined) valid.push({ ...attribute });
    else problems.push(`${path}[${index}] (${attribute.name}): ${problem}, it is left out`);
  });
  return { valid, problems };
}

function celProblems(
  path: string,
  expressions: { readonly [field: string]: string | undefined },
): string[] {
  return Object.entries(expressions).flatMap(([field, text]) => {
    const problem = text === undefined ? undefined : findCelProblem(text);
    return problem === undefined ? [] : [`${path}.${field}: ${problem}`];
  });
}
