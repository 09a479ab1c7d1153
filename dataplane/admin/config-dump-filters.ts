// SPDX-License-Identifier: Apache-2.0
import type { BackendPolicySpec__Output as BackendPolicy } from '../../shared/proto/gen/agentgateway/dev/resource/BackendPolicySpec.js';
import type { HeaderModifier__Output as HeaderModifier } from '../../shared/proto/gen/agentgateway/dev/resource/HeaderModifier.js';
import type { RequestRedirect__Output as RequestRedirect } from '../../shared/proto/gen/agentgateway/dev/resource/RequestRedirect.js';
import type { Timeout__Output as Timeout } from '../../shared/proto/gen/agentgateway/dev/resource/Timeout.js';
import type { TrafficPolicySpec__Output as TrafficPolicy } from '../../shared/proto/gen/agentgateway/dev/resource/TrafficPolicySpec.js';
import { formatGoDuration, fromWireDurationMs } from '../../shared/time/duration.js';

/** Filters as the reference proxy's dump writes them: one object per policy, under the name of its kind; unset fields are left out. */
export function dumpInlinePolicies(policies: readonly (TrafficPolicy | BackendPolicy)[]): {
  inlinePolicies?: readonly object[];
} {
  if (policies.length === 0) return {};
  return { inlinePolicies: policies.map(dumpPolicy) };
}

function dumpPolicy(policy: TrafficPolicy | BackendPolicy): object {
  const {
    kind = 'unknown',
    requestHeaderModifier,
    responseHeaderModifier,
    requestRedirect,
  } = policy;
  const modifier = requestHeaderModifier ?? responseHeaderModifier;
  if (modifier !== undefined) return { [kind]: dumpHeaders(modifier) };
  if (requestRedirect !== undefined) return { [kind]: dumpRedirect(requestRedirect) };
  if ('urlRewrite' in policy && policy.urlRewrite !== undefined) {
    const { host, full, prefix } = policy.urlRewrite;
    return { [kind]: { ...(host && { authority: { host } }), ...dumpPath({ full, prefix }) } };
  }
  if ('timeout' in policy && policy.timeout !== undefined) {
    return { [kind]: dumpTimeout(policy.timeout) };
  }
  return { [kind]: {} };
}

function dumpHeaders({ add, set, remove }: HeaderModifier): object {
  const fields = (list: HeaderModifier['add']): object =>
    Object.fromEntries(list.map(({ name = '', value = '' }) => [name, value]));
  return {
    ...(add.length > 0 ? { add: fields(add) } : {}),
    ...(set.length > 0 ? { set: fields(set) } : {}),
    ...(remove.length > 0 ? { remove } : {}),
  };
}

function dumpRedirect({ scheme, host, port, full, prefix, status }: RequestRedirect): object {
  const authority = dumpAuthority(host, port);
  return {
    ...(scheme && { scheme }),
    ...(authority && { authority }),
    ...dumpPath({ full, prefix }),
    ...(status && { status }),
  };
}

function dumpAuthority(host: string | undefined, port: number | undefined): object | undefined {
  if (host && port) return { full: `${host}:${port}` };
  if (port) return { port };
  return host ? { host } : undefined;
}

interface WirePath {
  readonly full: string | undefined;
  readonly prefix: string | undefined;
}

function dumpPath({ full, prefix }: WirePath): object {
  if (full !== undefined) return { path: { full } };
  return prefix === undefined ? {} : { path: { prefix } };
}

function dumpTimeout({ request, backendRequest }: Timeout): object {
  const text = (duration: NonNullable<Timeout['request']>): string =>
    formatGoDuration(fromWireDurationMs(duration));
  return {
    ...(request && { requestTimeout: text(request) }),
    ...(backendRequest && { backendRequestTimeout: text(backendRequest) }),
  };
}
