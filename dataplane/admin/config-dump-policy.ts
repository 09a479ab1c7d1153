// SPDX-License-Identifier: Apache-2.0
import type { FrontendPolicySpec__Output as Frontend } from '../../shared/proto/gen/agentgateway/dev/resource/FrontendPolicySpec.js';
import type { KeepaliveConfig__Output as Keepalive } from '../../shared/proto/gen/agentgateway/dev/resource/KeepaliveConfig.js';
import type { Policy__Output as Policy } from '../../shared/proto/gen/agentgateway/dev/resource/Policy.js';
import {
  formatGoDuration,
  fromWireDurationMs,
  type WireDuration,
} from '../../shared/time/duration.js';
import { DEFAULT_HTTP, type WireHttp } from '../state/http-values.js';
import { REFERENCE_KEEPALIVE } from '../state/keepalive-values.js';
import { dumpValue } from './config-dump-value.js';

type FrontendKind = NonNullable<Frontend['kind']>;

/** Names of the variants in profile 1.1: the reference's casing of that time, which the Keepalive guide's filters use. */
const FRONTEND_VARIANT: Readonly<Record<FrontendKind, string>> = {
  tcp: 'tCP',
  tls: 'tLS',
  http: 'hTTP',
  logging: 'accessLog',
  tracing: 'tracing',
  networkAuthorization: 'networkAuthorization',
  proxyProtocol: 'proxy',
  metrics: 'metrics',
  connect: 'connect',
};

/** One entry of `policies` in profile 1.1; keys in the order of the guide's output. */
export function dumpPolicy(policy: Policy): object {
  const { name } = policy;
  return {
    key: policy.key ?? '',
    name: name && {
      kind: name.kind ?? '',
      name: name.name ?? '',
      namespace: name.namespace ?? '',
    },
    target: dumpTarget(policy.target),
    policy: dumpSpec(policy),
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

function dumpSpec(policy: Policy): object {
  const { frontend } = policy;
  if (frontend?.kind === undefined) return dumpOther(policy);
  return { frontend: { [FRONTEND_VARIANT[frontend.kind]]: dumpFrontend(frontend) } };
}

/** Kinds that this worker does not serve are shown as they came; enums that are their zero are spelt out. */
function dumpFrontend(frontend: Frontend): unknown {
  const { tcp, http, proxyProtocol, connect } = frontend;
  if (tcp !== undefined) return { keepalives: dumpKeepalive(tcp.keepalives) };
  if (http !== undefined) return dumpHttp(http);
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

function dumpHttp(http: WireHttp): object {
  return {
    maxBufferSize: http.maxBufferSize ?? DEFAULT_HTTP.maxBufferBytes,
    http1MaxHeaders: http.http1MaxHeaders ?? null,
    http1IdleTimeout:
      duration(http.http1IdleTimeout) ?? formatGoDuration(DEFAULT_HTTP.http1IdleTimeoutMs),
    http2WindowSize: http.http2WindowSize ?? null,
    http2ConnectionWindowSize: http.http2ConnectionWindowSize ?? null,
    http2FrameSize: http.http2FrameSize ?? null,
    http2KeepaliveInterval: duration(http.http2KeepaliveInterval) ?? null,
    http2KeepaliveTimeout: duration(http.http2KeepaliveTimeout) ?? null,
  };
}

function duration(wire: WireDuration | undefined): string | undefined {
  return wire === undefined ? undefined : formatGoDuration(fromWireDurationMs(wire));
}
