// SPDX-License-Identifier: Apache-2.0
import { ipBytes, ipFamily } from '../../shared/names/ip-address.js';
import { parseDurationMs } from '../../shared/time/duration.js';
import { BYTE_RANGES, type ByteSizeField, resolveByteSize } from './byte-size.js';
import { findCelProblem } from './cel-expression.js';
import { endpointSlice, SERVICE_LABEL, serviceNameOf } from './endpoint-slice.js';
import type { KubeObject } from './kube-object.js';
import { policyExpressions } from './policy-expressions.js';
import { type FrontendHttp, type Keepalive, policySpec } from './policy-spec.js';

/** What is accepted and yet not what the author may think; one sentence for each. */
export function warnAbout(object: KubeObject): readonly string[] {
  switch (object.kind) {
    case 'AgentgatewayPolicy':
      return warnAboutPolicy(object);
    case 'EndpointSlice':
      return warnAboutSlice(object);
    case 'Secret':
      return 'immutable' in object
        ? ['immutable: has no effect; this control plane lets a Secret be replaced']
        : [];
    default:
      return [];
  }
}

function warnAboutPolicy(object: KubeObject): readonly string[] {
  const { frontend, backend } = policySpec(object);
  return [
    ...warnAboutProbes('spec.frontend.tcp.keepalive', frontend?.tcp?.keepalive),
    ...warnAboutHttp(frontend?.http),
    ...warnAboutProbes('spec.backend.tcp.keepalive', backend?.tcp?.keepalive),
    ...warnAboutExpressions(object),
  ];
}

function warnAboutSlice(object: KubeObject): readonly string[] {
  const { addressType, endpoints } = endpointSlice(object);
  const warnings: string[] = [];
  if (serviceNameOf(object) === undefined) {
    warnings.push(`metadata.labels: without ${SERVICE_LABEL} the slice belongs to no Service`);
  }
  if (addressType === 'FQDN') {
    return [...warnings, 'addressType: FQDN is not used; give a name to an AgentgatewayBackend'];
  }
  endpoints.forEach(({ addresses: [address = ''] }, index) => {
    const bytes = ipBytes(address);
    if (bytes !== undefined && ipFamily(bytes) === addressType) return;
    warnings.push(
      `endpoints[${index}].addresses[0]: ${address} is no ${addressType} address, so the endpoint is left out`,
    );
  });
  return warnings;
}

/** The API takes any text; what cannot be read is then left out, and the status says so. */
function warnAboutExpressions(object: KubeObject): readonly string[] {
  return policyExpressions(policySpec(object).frontend ?? {}).flatMap(({ path, text }) => {
    const problem = findCelProblem(text);
    return problem === undefined ? [] : [`${path}: ${problem}`];
  });
}

function warnAboutProbes(path: string, keepalive: Keepalive = {}): readonly string[] {
  const warnings: string[] = [];
  for (const field of ['time', 'interval'] as const) {
    const text = keepalive[field];
    const ms = text === undefined ? undefined : parseDurationMs(text);
    if (ms === undefined || ms % 1000 === 0) continue;
    warnings.push(
      `${path}.${field}: the kernel counts whole seconds; ${text} works as ${Math.floor(ms / 1000)}s`,
    );
  }
  return warnings;
}

function warnAboutHttp(http: FrontendHttp = {}): readonly string[] {
  const warnings: string[] = [];
  for (const field of Object.keys(BYTE_RANGES) as ByteSizeField[]) {
    const size = http[field];
    const resolved = size === undefined ? undefined : resolveByteSize(field, size);
    if (!resolved?.clamped) continue;
    const { min, max } = BYTE_RANGES[field];
    warnings.push(
      `spec.frontend.http.${field}: ${size} is outside ${min} to ${max} bytes; ${resolved.bytes} is used`,
    );
  }
  if (http.http2KeepaliveTimeout !== undefined && http.http2KeepaliveInterval === undefined) {
    warnings.push(
      'spec.frontend.http.http2KeepaliveTimeout: has no effect without http2KeepaliveInterval; no PING is sent',
    );
  }
  return warnings;
}
