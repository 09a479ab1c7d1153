// SPDX-License-Identifier: Apache-2.0
import type { FrontendPolicySpec__Output as Frontend } from '../../shared/proto/gen/agentgateway/dev/resource/FrontendPolicySpec.js';
import type { KeepaliveConfig__Output as Keepalive } from '../../shared/proto/gen/agentgateway/dev/resource/KeepaliveConfig.js';
import type { Policy__Output as Policy } from '../../shared/proto/gen/agentgateway/dev/resource/Policy.js';
import {
  formatGoDuration,
  fromWireDurationMs,
  type WireDuration,
} from '../../shared/time/duration.js';
import { DEFAULT_HTTP, httpSettings, type WireHttp } from '../state/http-values.js';
import { REFERENCE_KEEPALIVE } from '../state/keepalive-values.js';
import type { DumpProfile, HttpField } from './config-dump-profile.js';
import { dumpValue } from './config-dump-value.js';

type FrontendKind = NonNullable<Frontend['kind']>;

/** Names of the variants that are the same in every profile. */
const FRONTEND_VARIANT: Readonly<Record<Exclude<FrontendKind, 'http' | 'tcp' | 'tls'>, string>> = {
  logging: 'accessLog',
  tracing: 'tracing',
  networkAuthorization: 'networkAuthorization',
  proxyProtocol: 'proxy',
  metrics: 'metrics',
  connect: 'connect',
};

/** One entry of `policies`; keys in the order of the guide's output. */
export function dumpPolicy(policy: Policy, profile: DumpProfile): object {
  const { name } = policy;
  return {
    key: policy.key ?? '',
    name: name && {
      kind: name.kind ?? '',
      name: name.name ?? '',
      namespace: name.namespace ?? '',
    },
    target: dumpTarget(policy.target),
    policy: dumpSpec(policy, profile),
  };
}

function dumpTarget(target: Policy['target']): object {
  const gateway = target?.gateway;
  if (gateway === undefined) return dumpOther(target);
  return {
    gateway: {
      gatewayName: gateway.name ?? '',
      gatewayNamespace: gateway.namespace ?? '',
      listenerName: gateway.listener ?? null,
      ...(gateway.port === undefined ? {} : { port: gateway.port }),
    },
  };
}

function dumpSpec(policy: Policy, profile: DumpProfile): object {
  const { frontend } = policy;
  if (frontend?.kind === undefined) return dumpOther(policy);
  const variant = { ...FRONTEND_VARIANT, ...profile.frontendNames }[frontend.kind];
  return { frontend: { [variant]: dumpFrontend(frontend, profile) } };
}

/** Kinds that this worker does not serve are shown as they came; enums that are their zero are spelt out. */
function dumpFrontend(frontend: Frontend, profile: DumpProfile): unknown {
  const { tcp, http, proxyProtocol, connect } = frontend;
  if (tcp !== undefined) return { keepalives: dumpKeepalive(tcp.keepalives) };
  if (http !== undefined) return dumpHttp(http, profile);
  if (proxyProtocol !== undefined) {
    const { version = 'V2', mode = 'STRICT' } = proxyProtocol;
    return { version: version.toLowerCase(), mode: mode.toLowerCase() };
  }
  if (connect !== undefined) return { mode: (connect.mode ?? 'DENY').toLowerCase() };
  return dumpValue(frontend.kind && frontend[frontend.kind]);
}

/** The member that a oneof has set. */
function dumpOther(oneof: { readonly kind?: string } | undefined): object {
  const kind = oneof?.kind;
  if (oneof === undefined || kind === undefined) return {};
  const set = Object.entries(oneof).filter(([key]) => key === kind);
  return Object.fromEntries(set.map(([key, value]) => [key, dumpValue(value)]));
}

function dumpKeepalive(keepalive: Keepalive | undefined): object {
  const { enabled, idleSeconds, intervalSeconds, probes } = REFERENCE_KEEPALIVE;
  return {
    enabled,
    time: duration(keepalive?.time) ?? formatGoDuration(idleSeconds * 1000),
    interval: duration(keepalive?.interval) ?? formatGoDuration(intervalSeconds * 1000),
    retries: keepalive?.retries ?? probes,
  };
}

function dumpHttp(http: WireHttp, { httpFields, unset }: DumpProfile): object {
  const values: Readonly<Record<HttpField, unknown>> = {
    maxBufferSize: http.maxBufferSize ?? DEFAULT_HTTP.maxBufferBytes,
    http1MaxHeaders: http.http1MaxHeaders,
    http1IdleTimeout:
      duration(http.http1IdleTimeout) ?? formatGoDuration(DEFAULT_HTTP.http1IdleTimeoutMs),
    http1HeaderCase: httpSettings(http).http1HeaderCase,
    http2WindowSize: http.http2WindowSize,
    http2ConnectionWindowSize: http.http2ConnectionWindowSize,
    http2FrameSize: http.http2FrameSize,
    http2MaxHeaderSize: http.http2MaxHeaderSize,
    http2KeepaliveInterval: duration(http.http2KeepaliveInterval),
    http2KeepaliveTimeout: duration(http.http2KeepaliveTimeout),
    maxConnectionDuration: duration(http.maxConnectionDuration),
  };
  const isShown = (field: HttpField): boolean => unset === 'null' || values[field] !== undefined;
  return Object.fromEntries(
    httpFields.filter(isShown).map((field) => [field, values[field] ?? null]),
  );
}

function duration(wire: WireDuration | undefined): string | undefined {
  return wire === undefined ? undefined : formatGoDuration(fromWireDurationMs(wire));
}
