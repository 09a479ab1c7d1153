// SPDX-License-Identifier: Apache-2.0
import { isUnchangeable } from '../../shared/names/http-fields.js';
import type { BackendPolicySpec } from '../../shared/proto/gen/agentgateway/dev/resource/BackendPolicySpec.js';
import type { HeaderModifier as WireHeaderModifier } from '../../shared/proto/gen/agentgateway/dev/resource/HeaderModifier.js';
import type { RequestRedirect as WireRedirect } from '../../shared/proto/gen/agentgateway/dev/resource/RequestRedirect.js';
import type { TrafficPolicySpec } from '../../shared/proto/gen/agentgateway/dev/resource/TrafficPolicySpec.js';
import type {
  HeaderModifier,
  HttpFilter,
  PathModifier,
  RequestRedirect,
  RouteTimeouts,
} from '../policy/route-spec.js';
import { wireDuration } from './wire-duration.js';
import { withoutUnset } from './without-unset.js';

/**
 * Filters on the wire. One that has no place there is a problem, and what it was to filter must not go on without it: Gateway API
 * wants an error answered instead.
 */
export interface CompiledFilters<T> {
  readonly policies: readonly T[];
  /** Why they cannot be had, each as a sentence about its field. */
  readonly problems: readonly string[];
  /** What has no effect although the filter is there. */
  readonly notes: readonly string[];
}

export function compileRuleFilters(
  filters: readonly HttpFilter[],
  field: string,
): CompiledFilters<TrafficPolicySpec> {
  return compileEach(filters, field, (filter) => {
    if (filter.urlRewrite !== undefined) {
      const { hostname, path } = filter.urlRewrite;
      return { urlRewrite: withoutUnset({ host: hostname, ...wirePath(path) }) };
    }
    return compileCommon(filter);
  });
}

/** The wire has no URL rewrite for one backend. */
export function compileBackendFilters(
  filters: readonly HttpFilter[],
  field: string,
): CompiledFilters<BackendPolicySpec> {
  return compileEach(filters, field, compileCommon);
}

/** Zero is no limit, which is what an unset one is. */
export function compileTimeouts(timeouts: RouteTimeouts | undefined): readonly TrafficPolicySpec[] {
  const request = limit(timeouts?.request);
  const backendRequest = limit(timeouts?.backendRequest);
  if (request === undefined && backendRequest === undefined) return [];
  return [{ timeout: withoutUnset({ request, backendRequest }) }];
}

function limit(text: string | undefined): ReturnType<typeof wireDuration> {
  const duration = wireDuration(text);
  return duration === undefined || Object.keys(duration).length === 0 ? undefined : duration;
}

function compileEach<T>(
  filters: readonly HttpFilter[],
  field: string,
  compile: (filter: HttpFilter) => T | undefined,
): CompiledFilters<T> {
  const policies: T[] = [];
  const problems: string[] = [];
  const notes: string[] = [];
  for (const [index, filter] of filters.entries()) {
    const policy = compile(filter);
    const problem =
      policy === undefined
        ? `filters of type ${filter.type} are not supported here`
        : valueProblem(filter);
    if (problem !== undefined) problems.push(`${field}[${index}]: ${problem}`);
    if (policy === undefined || problem !== undefined) continue;
    policies.push(policy);
    const names = unchangeableNames(filter);
    if (names.length === 0) continue;
    notes.push(
      `${field}[${index}]: ${names.join(', ')} belongs to the connection or the framing of a message and is not changed`,
    );
  }
  return { policies, problems, notes };
}

type CommonPolicy = Pick<
  TrafficPolicySpec & BackendPolicySpec,
  'requestHeaderModifier' | 'responseHeaderModifier' | 'requestRedirect'
>;

function compileCommon(filter: HttpFilter): CommonPolicy | undefined {
  const { requestHeaderModifier, responseHeaderModifier, requestRedirect } = filter;
  if (requestHeaderModifier) {
    return { requestHeaderModifier: compileHeaders(requestHeaderModifier) };
  }
  if (responseHeaderModifier) {
    return { responseHeaderModifier: compileHeaders(responseHeaderModifier) };
  }
  return requestRedirect && { requestRedirect: compileRedirect(requestRedirect) };
}

function compileHeaders({ add = [], set = [], remove = [] }: HeaderModifier): WireHeaderModifier {
  return withoutUnset({ add: [...add], set: [...set], remove: [...remove] });
}

function compileRedirect(redirect: RequestRedirect): WireRedirect {
  const { scheme, hostname, path, port, statusCode } = redirect;
  return withoutUnset({ scheme, host: hostname, ...wirePath(path), port, status: statusCode });
}

function wirePath(path: PathModifier | undefined): { full?: string; prefix?: string } {
  if (path?.replaceFullPath !== undefined) return { full: path.replaceFullPath };
  return path?.replacePrefixMatch === undefined ? {} : { prefix: path.replacePrefixMatch };
}

function unchangeableNames(filter: HttpFilter): readonly string[] {
  const { add = [], set = [], remove = [] } = headerChanges(filter);
  const names = [...[...add, ...set].map(({ name }) => name), ...remove];
  return names.filter((name) => isUnchangeable(name.toLowerCase()));
}

/** Visible characters, spaces and tabs (RFC 9110 §5.5); the CRD lets every character pass. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function valueProblem(filter: HttpFilter): string | undefined {
  const { add = [], set = [] } = headerChanges(filter);
  const odd = [...add, ...set].find(({ value }) => !FIELD_VALUE.test(value));
  return odd && `header ${odd.name} cannot have the value ${JSON.stringify(odd.value)}`;
}

function headerChanges(filter: HttpFilter): HeaderModifier {
  return filter.requestHeaderModifier ?? filter.responseHeaderModifier ?? {};
}
