// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { FrontendKind } from '../../shared/names/resource-keys.js';
import type {
  FrontendPolicySpec,
  _agentgateway_dev_resource_FrontendPolicySpec_HTTP as WireHttp,
  _agentgateway_dev_resource_FrontendPolicySpec_NetworkAuthorization as WireNetworkAuthorization,
  _agentgateway_dev_resource_FrontendPolicySpec_TCP as WireTcp,
} from '../../shared/proto/gen/agentgateway/dev/resource/FrontendPolicySpec.js';
import { type ByteSize, type ByteSizeField, resolveByteSize } from '../policy/byte-size.js';
import type {
  Frontend,
  FrontendHttp,
  Keepalive,
  NetworkAuthorization,
} from '../policy/policy-spec.js';
import { wireDuration } from './wire-duration.js';
import { withoutUnset } from './without-unset.js';

/** The kinds this compiler writes, in the order of their keys. The rest is named in the policy's status. */
export const COMPILED_KINDS = [
  'http',
  'networkAuthorization',
  'tcp',
] as const satisfies readonly FrontendKind[];

export type CompiledKind = (typeof COMPILED_KINDS)[number];

export function isCompiledKind(kind: string): kind is CompiledKind {
  return (COMPILED_KINDS as readonly string[]).includes(kind);
}

/** The wire form of one part of `frontend`, or undefined when the policy does not have it. */
export function compileFrontendPart(
  kind: CompiledKind,
  frontend: Frontend,
): FrontendPolicySpec | undefined {
  switch (kind) {
    case 'tcp':
      return frontend.tcp && { tcp: compileTcp(frontend.tcp.keepalive) };
    case 'http':
      return frontend.http && { http: compileHttp(frontend.http) };
    case 'networkAuthorization': {
      const rules = frontend.networkAuthorization;
      return rules && { networkAuthorization: compileNetworkAuthorization(rules) };
    }
  }
}

function compileTcp(keepalive: Keepalive | undefined): WireTcp {
  if (keepalive === undefined) return {};
  return {
    keepalives: withoutUnset({
      time: wireDuration(keepalive.time),
      interval: wireDuration(keepalive.interval),
      retries: keepalive.retries,
    }),
  };
}

const HEADER_CASE = { Lowercase: 'LOWERCASE', Preserve: 'PRESERVE' } as const;

function compileHttp(http: FrontendHttp): WireHttp {
  return withoutUnset({
    maxBufferSize: wireBytes('maxBufferSize', http.maxBufferSize),
    http1MaxHeaders: http.http1MaxHeaders,
    http1IdleTimeout: wireDuration(http.http1IdleTimeout),
    http1HeaderCase: http.http1HeaderCase && HEADER_CASE[http.http1HeaderCase],
    http2WindowSize: wireBytes('http2WindowSize', http.http2WindowSize),
    http2ConnectionWindowSize: wireBytes(
      'http2ConnectionWindowSize',
      http.http2ConnectionWindowSize,
    ),
    http2FrameSize: wireBytes('http2FrameSize', http.http2FrameSize),
    http2MaxHeaderSize: wireBytes('http2MaxHeaderSize', http.http2MaxHeaderSize),
    http2KeepaliveInterval: wireDuration(http.http2KeepaliveInterval),
    http2KeepaliveTimeout: wireDuration(http.http2KeepaliveTimeout),
    maxConnectionDuration: wireDuration(http.maxConnectionDuration),
  });
}

function wireBytes(field: ByteSizeField, size: ByteSize | undefined): number | undefined {
  if (size === undefined) return undefined;
  const resolved = resolveByteSize(field, size);
  if (resolved === undefined) {
    throw new HeartlineError(
      'INTERNAL',
      `${size} is no quantity; admission should have refused it`,
    );
  }
  return resolved.bytes;
}

const RULE_LIST = { Allow: 'allow', Deny: 'deny', Require: 'require' } as const;

function compileNetworkAuthorization(rules: NetworkAuthorization): WireNetworkAuthorization {
  return { [RULE_LIST[rules.action]]: [...rules.policy.matchExpressions] };
}
