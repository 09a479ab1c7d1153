// SPDX-License-Identifier: Apache-2.0
import type { BackendPolicySpec } from '../../shared/proto/gen/agentgateway/dev/resource/BackendPolicySpec.js';
import type { BackendReference } from '../../shared/proto/gen/agentgateway/dev/resource/BackendReference.js';
import type { OtlpEndpoint } from '../policy/policy-spec.js';
import { resolveBackendRef } from './backend-refs.js';
import type { Referents } from './referents.js';

/** What the references of a policy are resolved against. */
export interface PolicyContext {
  /** The policy's own. */
  readonly namespace: string;
  readonly referents: Referents;
}

/** A collector on the wire, or why there is none. */
export type ResolvedEndpoint =
  | {
      readonly providerBackend: BackendReference;
      readonly inlinePolicies: BackendPolicySpec[];
      readonly path: string | undefined;
    }
  | { readonly problem: string };

export function resolveOtlpEndpoint(
  endpoint: OtlpEndpoint,
  context: PolicyContext,
): ResolvedEndpoint {
  if (endpoint.url !== undefined) return resolveUrl(endpoint.url, endpoint.path);
  const { backendRef } = endpoint;
  if (backendRef === undefined) return { problem: 'has neither backendRef nor url' };
  const { namespace, referents } = context;
  const referrer = { group: 'agentgateway.dev', kind: 'AgentgatewayPolicy', namespace };
  const ref = { ...backendRef, weight: 1 };
  const { reference, problem } = resolveBackendRef(ref, referrer, referents);
  if (problem !== undefined) return { problem: problem.message };
  return { providerBackend: reference, inlinePolicies: [], path: endpoint.path };
}

const PORT_OF_SCHEME: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** An https URL brings the TLS policy that verifies its host. */
function resolveUrl(text: string, path: string | undefined): ResolvedEndpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return { problem: `${JSON.stringify(text)} is no URL` };
  // RFC 3986 section 3.2.2 brackets are the URL's, not the address's.
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (PORT_OF_SCHEME[url.protocol] ?? 0) : Number(url.port);
  return {
    providerBackend: { inline: { hostname, port } },
    inlinePolicies: url.protocol === 'https:' ? [{ backendTls: serverName(hostname) }] : [],
    path: path ?? (url.pathname === '/' ? undefined : url.pathname),
  };
}

/** RFC 6066 section 3: the name that is sent to the server is never an address. */
function serverName(hostname: string): { hostname?: string } {
  return /^[\d.]+$|:/.test(hostname) ? {} : { hostname };
}
