// SPDX-License-Identifier: Apache-2.0
import { parseDurationMs } from '../../../shared/time/duration.js';
import type { KubeObject } from '../kube-object.js';
import { policySpec } from '../policy-spec.js';
import { durationText } from './duration-text.js';
import { HTTP_PATH, httpTimes, type TcpKeepalive, tcpKeepalives } from './policy-values.js';
import type { Hit, LintRule } from './rule.js';
import { OURS, TCP_7 } from './sources.js';

const KIND = 'AgentgatewayPolicy';
const FIELD = 'tcp.keepalive';
/** What a socket takes that has SO_KEEPALIVE and nothing else: 7200 s + 75 s × 9 (tcp(7)). */
const KERNEL_DEFAULT_MS = 7_875_000;
/** The rule of thumb for costs. */
const CONNECTIONS = 10_000;

/** Rules about `frontend.tcp.keepalive` and `backend.tcp.keepalive`. */
export const TCP_RULES: readonly LintRule[] = [
  {
    ...{ id: 'tcp-dead-peer', severity: 'info', kind: KIND, field: FIELD },
    says: 'A dead peer is found time + interval × retries after its last packet.',
    sources: [TCP_7],
    check: (policy) => forEach(policy, ({ path, ...values }) => [deadPeer(path, values)]),
  },
  {
    ...{ id: 'tcp-whole-seconds', severity: 'warning', kind: KIND, field: FIELD },
    says: 'The kernel counts whole seconds: a part below one second is dropped.',
    sources: [TCP_7],
    check: wholeSeconds,
  },
  {
    ...{ id: 'tcp-default-interval', severity: 'warning', kind: KIND, field: FIELD },
    says: 'With time alone, the default interval (180s) and retries (9) decide when a dead peer is found.',
    sources: [OURS],
    check: (policy) => forEach(policy, defaultInterval),
  },
  {
    ...{ id: 'tcp-interval-above-time', severity: 'info', kind: KIND, field: FIELD },
    says: 'An interval longer than time: after the first unanswered probe it is slower than before.',
    sources: [TCP_7],
    check: (policy) =>
      forEach(policy, ({ path, time, interval }) =>
        interval.isGiven && interval.ms > time.ms
          ? [
              {
                field: `${path}.interval`,
                message: `${durationText(interval.ms)} is longer than time (${durationText(time.ms)}): a peer that missed the first probe is asked less often than an idle one`,
              },
            ]
          : [],
      ),
  },
  {
    ...{ id: 'tcp-single-probe', severity: 'warning', kind: KIND, field: FIELD },
    says: 'With one retry a single lost packet ends the connection of a living peer.',
    sources: [TCP_7],
    check: (policy) =>
      forEach(policy, ({ path, retries }) =>
        retries === 1
          ? [
              {
                field: `${path}.retries`,
                message: 'with 1, one lost packet ends the connection of a living peer; use 3',
              },
            ]
          : [],
      ),
  },
  {
    ...{ id: 'tcp-probe-load', severity: 'info', kind: KIND, field: FIELD },
    says: 'What probing costs: one probe for each idle connection every time.',
    sources: [TCP_7],
    check: (policy) =>
      forEach(policy, ({ path, time }) => [
        {
          field: `${path}.time`,
          message: `10,000 idle connections are probed ${perSecond(time.ms)} times a second`,
        },
      ]),
  },
  {
    ...{ id: 'tcp-late', severity: 'info', kind: KIND, field: FIELD },
    says: 'A dead peer is found later than on a socket with nothing but SO_KEEPALIVE (2h11m15s).',
    sources: [TCP_7],
    check: (policy) =>
      forEach(policy, ({ path, deadAfterMs }) =>
        deadAfterMs > KERNEL_DEFAULT_MS
          ? [
              {
                field: path,
                message: `a dead peer is found after ${durationText(deadAfterMs)}, later than the 2h11m15s of a socket with nothing but SO_KEEPALIVE`,
              },
            ]
          : [],
      ),
  },
  {
    ...{ id: 'tcp-one-hop', severity: 'info', kind: KIND, field: 'frontend.tcp.keepalive' },
    says: 'TCP probes prove whatever ends the TCP connection; behind a proxying load balancer that is not the client.',
    sources: [OURS],
    check: (policy, { inFront }) =>
      forEach(policy, ({ path, side }) =>
        side === 'backend' || inFront?.length === 0
          ? []
          : [
              {
                field: path,
                message:
                  'probes prove the hop to whatever ends TCP before the gateway; that a client behind a proxying load balancer lives, only its requests show',
              },
            ],
      ),
  },
  {
    ...{ id: 'tcp-time-above-http1-idle', severity: 'info', kind: KIND, field: FIELD },
    says: 'Idle HTTP/1 connections are closed before the first probe: probes then serve HTTP/2, upgraded and TCP-route connections.',
    sources: [OURS],
    check: timeAboveIdle,
  },
];

function forEach(
  policy: KubeObject,
  check: (values: TcpKeepalive) => readonly Hit[],
): readonly Hit[] {
  return tcpKeepalives(policy).flatMap(check);
}

function deadPeer(
  path: string,
  { time, interval, retries, deadAfterMs }: Omit<TcpKeepalive, 'path'>,
): Hit {
  const parts = `${durationText(time.ms)} + ${durationText(interval.ms)} × ${retries}`;
  return {
    field: path,
    message: `a dead peer is found after ${durationText(deadAfterMs)}: ${parts} (time + interval × retries)`,
  };
}

function wholeSeconds(policy: KubeObject): readonly Hit[] {
  const { frontend, backend } = policySpec(policy);
  const blocks = { frontend: frontend?.tcp?.keepalive, backend: backend?.tcp?.keepalive };
  return (['frontend', 'backend'] as const).flatMap((side) =>
    (['time', 'interval'] as const).flatMap((field) => {
      const text = blocks[side]?.[field];
      const ms = text === undefined ? undefined : parseDurationMs(text);
      if (ms === undefined || ms % 1000 === 0) return [];
      return [
        {
          field: `spec.${side}.tcp.keepalive.${field}`,
          message: `the kernel counts whole seconds; ${text} works as ${Math.floor(ms / 1000)}s`,
        },
      ];
    }),
  );
}

function defaultInterval(values: TcpKeepalive): readonly Hit[] {
  const { path, time, interval, retries, areRetriesGiven, deadAfterMs } = values;
  if (!time.isGiven || interval.isGiven || interval.ms <= time.ms) return [];
  const missing = areRetriesGiven ? 'interval' : 'interval and retries';
  return [
    {
      field: `${path}.interval`,
      message: `is not set, so the default of ${durationText(interval.ms)} × ${retries} holds and a dead peer is found after ${durationText(deadAfterMs)}; set ${missing} too`,
    },
  ];
}

function perSecond(everyMs: number): string {
  const rate = (CONNECTIONS * 1000) / everyMs;
  return (rate < 10 ? Number(rate.toFixed(1)) : Math.round(rate)).toLocaleString('en-US');
}

function timeAboveIdle(policy: KubeObject): readonly Hit[] {
  const idle = httpTimes(policy)?.idle;
  if (idle === undefined) return [];
  return forEach(policy, ({ path, side, time }) => {
    if (side === 'backend' || time.ms < idle.ms) return [];
    const limit = `${HTTP_PATH}.http1IdleTimeout is ${durationText(idle.ms)}`;
    return [
      {
        field: `${path}.time`,
        message: `${limit}${idle.isGiven ? '' : ' by default'}: idle HTTP/1 connections are closed before their first probe`,
      },
    ];
  });
}
