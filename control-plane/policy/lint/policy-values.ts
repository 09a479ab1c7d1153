// SPDX-License-Identifier: Apache-2.0
import { parseDurationMs } from '../../../shared/time/duration.js';
import type { KubeObject } from '../kube-object.js';
import { type FrontendHttp, type Keepalive, policySpec } from '../policy-spec.js';

/** A duration of a policy: as it works, and whether the policy or a default says it. */
export interface DurationValue {
  readonly ms: number;
  readonly isGiven: boolean;
}

/** One `tcp.keepalive` block as the kernel runs it: whole seconds, defaults filled in. */
export interface TcpKeepalive {
  /** `spec.frontend.tcp.keepalive` or `spec.backend.tcp.keepalive`. */
  readonly path: string;
  readonly side: 'frontend' | 'backend';
  /** Idle time before the first probe. */
  readonly time: DurationValue;
  /** Time from one unanswered probe to the next. */
  readonly interval: DurationValue;
  readonly retries: number;
  readonly areRetriesGiven: boolean;
  /** From the last packet of a dead peer to the end of its connection: time + interval × retries (tcp(7)). */
  readonly deadAfterMs: number;
}

/** The durations of `spec.frontend.http`; undefined = not set and without a default that a rule needs. */
export interface HttpTimes {
  readonly idle: DurationValue;
  readonly pingInterval: number | undefined;
  readonly pingTimeout: DurationValue;
  readonly maxDuration: number | undefined;
}

export const HTTP_PATH = 'spec.frontend.http';

/** Inside a keepalive block: agentgateway's defaults, not the kernel's. */
const DEFAULT_TIME_MS = 180_000;
const DEFAULT_INTERVAL_MS = 180_000;
const DEFAULT_RETRIES = 9;
const DEFAULT_HTTP1_IDLE_MS = 600_000;
const DEFAULT_PING_TIMEOUT_MS = 20_000;

/** A dozen rules ask for the blocks of one policy, one after the other. */
const readBefore = new WeakMap<KubeObject, readonly TcpKeepalive[]>();

/** The keepalive blocks of a policy, those that are there: clients first. */
export function tcpKeepalives(policy: KubeObject): readonly TcpKeepalive[] {
  const known = readBefore.get(policy);
  if (known !== undefined) return known;
  const { frontend, backend } = policySpec(policy);
  const blocks = [
    ...keepalive('frontend', frontend?.tcp?.keepalive),
    ...keepalive('backend', backend?.tcp?.keepalive),
  ];
  readBefore.set(policy, blocks);
  return blocks;
}

function keepalive(
  side: TcpKeepalive['side'],
  block: Keepalive | undefined,
): readonly TcpKeepalive[] {
  if (block === undefined) return [];
  const time = inWholeSeconds(orDefault(block.time, DEFAULT_TIME_MS));
  const interval = inWholeSeconds(orDefault(block.interval, DEFAULT_INTERVAL_MS));
  const retries = block.retries ?? DEFAULT_RETRIES;
  return [
    {
      ...{ path: `spec.${side}.tcp.keepalive`, side, time, interval, retries },
      areRetriesGiven: block.retries !== undefined,
      deadAfterMs: time.ms + interval.ms * retries,
    },
  ];
}

/** undefined for a policy without `spec.frontend.http`. */
export function httpTimes(policy: KubeObject): HttpTimes | undefined {
  const http: FrontendHttp | undefined = policySpec(policy).frontend?.http;
  if (http === undefined) return undefined;
  return {
    idle: orDefault(http.http1IdleTimeout, DEFAULT_HTTP1_IDLE_MS),
    pingInterval: msOf(http.http2KeepaliveInterval),
    pingTimeout: orDefault(http.http2KeepaliveTimeout, DEFAULT_PING_TIMEOUT_MS),
    maxDuration: msOf(http.maxConnectionDuration),
  };
}

function orDefault(text: string | undefined, defaultMs: number): DurationValue {
  const ms = msOf(text);
  return { ms: ms ?? defaultMs, isGiven: ms !== undefined };
}

function inWholeSeconds({ ms, isGiven }: DurationValue): DurationValue {
  return { ms: Math.floor(ms / 1000) * 1000, isGiven };
}

/** The schema refused what is no duration. */
function msOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDurationMs(text);
}
