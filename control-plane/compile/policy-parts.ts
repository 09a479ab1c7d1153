// SPDX-License-Identifier: Apache-2.0
import { FRONTEND_SUFFIX, type FrontendKind } from '../../shared/names/resource-keys.js';
import type { BackendPolicySpec } from '../../shared/proto/gen/agentgateway/dev/resource/BackendPolicySpec.js';
import type { FrontendPolicySpec } from '../../shared/proto/gen/agentgateway/dev/resource/FrontendPolicySpec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { type BackendTcp, type Frontend, policySpec } from '../policy/policy-spec.js';
import {
  compileConnect,
  compileHttp,
  compileKeepalive,
  compileProxyProtocol,
  compileTls,
} from './frontend-parts.js';
import { compileNetworkAuthorization } from './network-authorization.js';
import type { PolicyContext } from './otlp-endpoint.js';
import { complete, type PartOutcome } from './part-outcome.js';
import { compileAccessLog, compileMetrics, compileTracing } from './telemetry-parts.js';
import { wireDuration } from './wire-duration.js';
import { withoutUnset } from './without-unset.js';

/** One part of a policy as it is sent; each becomes a wire policy of its own. */
export type PolicyPart =
  | { readonly kind: FrontendKind; readonly frontend: FrontendPolicySpec }
  | { readonly kind: 'backendTcp'; readonly backend: BackendPolicySpec };

export interface CompiledPolicy {
  /** What can be sent, sorted by kind. */
  readonly parts: readonly PolicyPart[];
  /** What of the policy is not sent as written, a sentence for each. */
  readonly problems: readonly string[];
}

/** Where a part stands in the object, for messages. */
export function pathOfPart(kind: PolicyPart['kind']): string {
  return kind === 'backendTcp' ? 'spec.backend.tcp' : `spec.frontend.${kind}`;
}

/** Every part of a policy in its wire form, and what cannot have one. */
export function compilePolicy(
  policy: KubeObject,
  referents: PolicyContext['referents'],
): CompiledPolicy {
  const { frontend = {}, backend } = policySpec(policy);
  const context = { namespace: objectName(policy).namespace, referents };
  const parts: PolicyPart[] = [];
  const problems: string[] = [];
  if (backend?.tcp !== undefined)
    parts.push({ kind: 'backendTcp', backend: compileBackendTcp(backend.tcp) });
  for (const kind of FRONTEND_KINDS) {
    const outcome = compileFrontend(kind, frontend, context);
    if (outcome === undefined) continue;
    if (outcome.spec !== undefined) parts.push({ kind, frontend: outcome.spec });
    const suffix = outcome.spec === undefined ? ', so the part is not sent' : '';
    problems.push(...outcome.problems.map((problem) => `${problem}${suffix}`));
  }
  return {
    parts: parts.sort((a, b) => (a.kind < b.kind ? -1 : 1)),
    problems: [...problems, ...unhandledParts(policy)],
  };
}

const FRONTEND_KINDS = Object.keys(FRONTEND_SUFFIX).sort() as FrontendKind[];

/** Undefined when the policy does not have the part. */
function compileFrontend(
  kind: FrontendKind,
  frontend: Frontend,
  context: PolicyContext,
): PartOutcome<FrontendPolicySpec> | undefined {
  const { tcp, http, tls, networkAuthorization, proxyProtocol, connect } = frontend;
  const { accessLog, tracing, metrics } = frontend;
  switch (kind) {
    case 'tcp': {
      const keepalives = tcp?.keepalive && compileKeepalive(tcp.keepalive);
      return tcp && complete({ tcp: withoutUnset({ keepalives }) });
    }
    case 'http':
      return http && complete({ http: compileHttp(http) });
    case 'tls':
      return tls && complete({ tls: compileTls(tls) });
    case 'proxyProtocol':
      return proxyProtocol && complete({ proxyProtocol: compileProxyProtocol(proxyProtocol) });
    case 'connect':
      return connect && complete({ connect: compileConnect(connect) });
    case 'networkAuthorization':
      return networkAuthorization && under(kind, compileNetworkAuthorization(networkAuthorization));
    case 'accessLog':
      return accessLog && under('logging', compileAccessLog(accessLog, context));
    case 'tracing':
      return tracing && under(kind, compileTracing(tracing, context));
    case 'metrics':
      return metrics && under(kind, compileMetrics(metrics));
  }
}

/** The message becomes the member `name` of the wire's oneof. */
function under<Name extends keyof FrontendPolicySpec>(
  name: Name,
  { spec, problems }: PartOutcome<NonNullable<FrontendPolicySpec[Name]>>,
): PartOutcome<FrontendPolicySpec> {
  return { spec: spec && { [name]: spec }, problems };
}

function compileBackendTcp({ keepalive, connectTimeout }: BackendTcp): BackendPolicySpec {
  return {
    backendTcp: withoutUnset({
      keepalive: keepalive && compileKeepalive(keepalive),
      connectTimeout: wireDuration(connectTimeout),
    }),
  };
}

/** Names every part that this control plane knows and never compiles. */
function unhandledParts(policy: KubeObject): readonly string[] {
  const { backend = {}, traffic } = policySpec(policy);
  const paths = Object.keys(backend)
    .filter((part) => part !== 'tcp')
    .map((part) => `spec.backend.${part}`);
  if (traffic !== undefined) paths.push('spec.traffic');
  if (paths.length === 0) return [];
  const verb = paths.length === 1 ? 'is' : 'are';
  return [`${paths.sort().join(', ')} ${verb} not handled by this control plane`];
}
