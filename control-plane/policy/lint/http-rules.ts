// SPDX-License-Identifier: Apache-2.0
import { BYTE_RANGES, type ByteSizeField, resolveByteSize } from '../byte-size.js';
import type { KubeObject } from '../kube-object.js';
import { type FrontendHttp, policySpec } from '../policy-spec.js';
import { durationText } from './duration-text.js';
import { HTTP_PATH, type HttpTimes, httpTimes, tcpKeepalives } from './policy-values.js';
import type { Hit, LintRule } from './rule.js';
import { GRPC_KEEPALIVE, OURS, PING_FRAME } from './sources.js';

const KIND = 'AgentgatewayPolicy';
/** gRPC's default for servers: two PINGs that come sooner than this without data, and the third ends the connection. */
const GRPC_MIN_PING_MS = 300_000;
const CONNECTIONS = 10_000;

/** Rules about `frontend.http`. */
export const HTTP_RULES: readonly LintRule[] = [
  {
    ...{ id: 'h2-dead-peer', severity: 'info', kind: KIND, field: 'http2KeepaliveInterval' },
    says: 'A dead HTTP/2 client is found within interval + timeout; the timeout is the time to wait for the answer.',
    sources: [PING_FRAME],
    check: (policy) => withInterval(policy, deadClient),
  },
  {
    ...{ id: 'h2-timeout-without-interval', severity: 'warning', kind: KIND },
    field: 'http2KeepaliveTimeout',
    says: 'A timeout without an interval does nothing: no PING is sent.',
    sources: [OURS],
    check: (policy) =>
      withHttp(policy, ({ pingTimeout, pingInterval }) =>
        pingTimeout.isGiven && pingInterval === undefined
          ? [
              {
                field: `${HTTP_PATH}.http2KeepaliveTimeout`,
                message: 'has no effect without http2KeepaliveInterval; no PING is sent',
              },
            ]
          : [],
      ),
  },
  {
    ...{ id: 'h2-ping-load', severity: 'info', kind: KIND, field: 'http2KeepaliveInterval' },
    says: 'What PINGs cost: one for each silent connection every interval.',
    sources: [PING_FRAME],
    check: (policy) =>
      withInterval(policy, (interval) => ({
        field: `${HTTP_PATH}.http2KeepaliveInterval`,
        message: `10,000 silent HTTP/2 connections get ${Math.max(1, Math.round((CONNECTIONS * 1000) / interval)).toLocaleString('en-US')} PINGs a second`,
      })),
  },
  {
    ...{ id: 'grpc-ping-limits', severity: 'info', kind: KIND, field: 'http2KeepaliveInterval' },
    says: 'The limit on PINGs (5m, too_many_pings) is kept by gRPC servers against their clients; clients of this gateway answer PINGs at any interval.',
    sources: [GRPC_KEEPALIVE],
    check: (policy) =>
      withInterval(policy, (interval) =>
        interval < GRPC_MIN_PING_MS
          ? {
              field: `${HTTP_PATH}.http2KeepaliveInterval`,
              message: `gRPC clients answer PINGs every ${durationText(interval)}; the limit of 5m (too_many_pings) is one of gRPC servers, against clients that PING them`,
            }
          : undefined,
      ),
  },
  {
    ...{ id: 'http1-idle-below-ping-interval', severity: 'info', kind: KIND },
    field: 'http1IdleTimeout',
    says: 'PINGs are HTTP/2 only: they do not keep an idle HTTP/1 connection.',
    sources: [OURS],
    check: (policy) =>
      withHttp(policy, ({ idle, pingInterval }) =>
        idle.isGiven && pingInterval !== undefined && idle.ms < pingInterval
          ? [
              {
                field: `${HTTP_PATH}.http1IdleTimeout`,
                message: `idle HTTP/1 connections are closed after ${durationText(idle.ms)}; PINGs (every ${durationText(pingInterval)}) keep HTTP/2 connections only`,
              },
            ]
          : [],
      ),
  },
  {
    ...{ id: 'max-duration-below-idle', severity: 'warning', kind: KIND },
    field: 'maxConnectionDuration',
    says: 'No connection lives long enough to be idle for http1IdleTimeout.',
    sources: [OURS],
    check: (policy) =>
      withHttp(policy, ({ idle, maxDuration }) =>
        idle.isGiven && maxDuration !== undefined && maxDuration <= idle.ms
          ? [
              {
                field: `${HTTP_PATH}.http1IdleTimeout`,
                message: `${durationText(idle.ms)} is never reached: maxConnectionDuration ends connections after ${durationText(maxDuration)}`,
              },
            ]
          : [],
      ),
  },
  {
    ...{ id: 'max-duration-below-ping', severity: 'warning', kind: KIND },
    field: 'maxConnectionDuration',
    says: 'No HTTP/2 connection lives long enough to get a PING.',
    sources: [OURS],
    check: (policy) =>
      withHttp(policy, ({ pingInterval, maxDuration }) =>
        pingInterval !== undefined && maxDuration !== undefined && maxDuration <= pingInterval
          ? [
              {
                field: `${HTTP_PATH}.http2KeepaliveInterval`,
                message: `no PING is ever sent: maxConnectionDuration ends connections after ${durationText(maxDuration)}, before ${durationText(pingInterval)} of silence`,
              },
            ]
          : [],
      ),
  },
  {
    ...{ id: 'max-duration-below-tcp-time', severity: 'info', kind: KIND },
    field: 'maxConnectionDuration',
    says: 'HTTP connections end before their first TCP probe; upgraded and TCP-route connections have no maximum.',
    sources: [OURS],
    check: maxDurationBelowTime,
  },
  {
    ...{ id: 'byte-size-clamped', severity: 'warning', kind: KIND, field: 'frontend.http' },
    says: 'A quantity outside the limits of the wire is clamped.',
    sources: [OURS],
    check: clampedSizes,
  },
];

function withHttp(policy: KubeObject, check: (times: HttpTimes) => readonly Hit[]): readonly Hit[] {
  const times = httpTimes(policy);
  return times === undefined ? [] : check(times);
}

function withInterval(
  policy: KubeObject,
  check: (intervalMs: number, times: HttpTimes) => Hit | undefined,
): readonly Hit[] {
  return withHttp(policy, (times) => {
    if (times.pingInterval === undefined) return [];
    const hit = check(times.pingInterval, times);
    return hit === undefined ? [] : [hit];
  });
}

function deadClient(interval: number, { pingTimeout }: HttpTimes): Hit {
  const wait = `${durationText(pingTimeout.ms)}${pingTimeout.isGiven ? '' : ', the default,'}`;
  return {
    field: `${HTTP_PATH}.http2KeepaliveInterval`,
    message: `a dead HTTP/2 client is found within ${durationText(interval + pingTimeout.ms)}: ${durationText(interval)} without a byte, then ${wait} for the answer to a PING`,
  };
}

function maxDurationBelowTime(policy: KubeObject): readonly Hit[] {
  const maxDuration = httpTimes(policy)?.maxDuration;
  if (maxDuration === undefined) return [];
  return tcpKeepalives(policy)
    .filter(({ side, time }) => side === 'frontend' && maxDuration <= time.ms)
    .map(({ path, time }) => ({
      field: `${path}.time`,
      message: `maxConnectionDuration ends HTTP connections after ${durationText(maxDuration)}, before their first probe at ${durationText(time.ms)}; upgraded and TCP-route connections are probed`,
    }));
}

function clampedSizes(policy: KubeObject): readonly Hit[] {
  const http: FrontendHttp = policySpec(policy).frontend?.http ?? {};
  return (Object.keys(BYTE_RANGES) as ByteSizeField[]).flatMap((field) => {
    const size = http[field];
    const resolved = size === undefined ? undefined : resolveByteSize(field, size);
    if (!resolved?.clamped) return [];
    const { min, max } = BYTE_RANGES[field];
    return [
      {
        field: `${HTTP_PATH}.${field}`,
        message: `${size} is outside ${min} to ${max} bytes; ${resolved.bytes} is used`,
      },
    ];
  });
}
