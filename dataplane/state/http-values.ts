// SPDX-License-Identifier: Apache-2.0
import type { FrontendPolicySpec__Output } from '../../shared/proto/gen/agentgateway/dev/resource/FrontendPolicySpec.js';
import { fromWireDurationMs, type WireDuration } from '../../shared/time/duration.js';
import type { HttpSettings } from '../engine/plan.js';
import type { Findings } from './diagnostic.js';

export type WireHttp = NonNullable<FrontendPolicySpec__Output['http']>;

/** Settings of a bind without an http policy; the meaning of each is in engine/plan.ts. */
export const DEFAULT_HTTP: HttpSettings = Object.freeze({
  maxBufferBytes: 2_097_152,
  http1MaxHeaders: 100,
  http1IdleTimeoutMs: 600_000,
  http1HeaderCase: 'lowercase',
  http2WindowBytes: 1_048_576,
  http2ConnectionWindowBytes: 2_097_152,
  http2FrameBytes: 16_384,
  http2MaxHeaderListBytes: 16_384,
  http2KeepaliveIntervalMs: 0,
  http2KeepaliveTimeoutMs: 20_000,
  maxConnectionDurationMs: 0,
});

/** RFC 9113 §6.9.1: a flow-control window is at most 2^31-1; §6.5.2: a frame is 2^14 to 2^24-1 bytes. */
const MAX_WINDOW_BYTES = 2 ** 31 - 1;
const MIN_FRAME_BYTES = 2 ** 14;
const MAX_FRAME_BYTES = 2 ** 24 - 1;
const MAX_UINT32 = 2 ** 32 - 1;

export function httpSettings(wire: WireHttp): HttpSettings {
  const d = DEFAULT_HTTP;
  return {
    maxBufferBytes: wire.maxBufferSize ?? d.maxBufferBytes,
    http1MaxHeaders: wire.http1MaxHeaders ?? d.http1MaxHeaders,
    http1IdleTimeoutMs: wholeMs(wire.http1IdleTimeout) ?? d.http1IdleTimeoutMs,
    http1HeaderCase: wire.http1HeaderCase === 'PRESERVE' ? 'preserve' : 'lowercase',
    http2WindowBytes: wire.http2WindowSize ?? d.http2WindowBytes,
    http2ConnectionWindowBytes: wire.http2ConnectionWindowSize ?? d.http2ConnectionWindowBytes,
    http2FrameBytes: wire.http2FrameSize ?? d.http2FrameBytes,
    http2MaxHeaderListBytes: wire.http2MaxHeaderSize ?? d.http2MaxHeaderListBytes,
    http2KeepaliveIntervalMs: wholeMs(wire.http2KeepaliveInterval) ?? d.http2KeepaliveIntervalMs,
    http2KeepaliveTimeoutMs: wholeMs(wire.http2KeepaliveTimeout) ?? d.http2KeepaliveTimeoutMs,
    maxConnectionDurationMs: wholeMs(wire.maxConnectionDuration) ?? d.maxConnectionDurationMs,
  };
}

type NumberField =
  | 'maxBufferSize'
  | 'http1MaxHeaders'
  | 'http2WindowSize'
  | 'http2ConnectionWindowSize'
  | 'http2FrameSize'
  | 'http2MaxHeaderSize';

const RANGES: readonly (readonly [NumberField, min: number, max: number])[] = [
  ['maxBufferSize', 1, MAX_UINT32],
  ['http1MaxHeaders', 1, MAX_UINT32],
  ['http2WindowSize', 1, MAX_WINDOW_BYTES],
  ['http2ConnectionWindowSize', 1, MAX_WINDOW_BYTES],
  ['http2FrameSize', MIN_FRAME_BYTES, MAX_FRAME_BYTES],
  ['http2MaxHeaderSize', 1, MAX_UINT32],
];

export function checkHttp(wire: WireHttp): Findings {
  const errors: string[] = [];
  for (const [field, min, max] of RANGES) {
    const value = wire[field];
    if (value !== undefined && (value < min || value > max)) {
      errors.push(`frontend.http.${field} is ${value}; it takes ${min} to ${max}`);
    }
  }
  if (typeof wire.http1HeaderCase === 'number') {
    errors.push(
      `frontend.http.http1HeaderCase is ${wire.http1HeaderCase}; this worker knows LOWERCASE and PRESERVE`,
    );
  }
  return { errors, warnings: [] };
}

/** Rounded up, so that a positive duration never becomes the 0 that switches a machine off. */
function wholeMs(wire: WireDuration | undefined): number | undefined {
  return wire === undefined ? undefined : Math.ceil(fromWireDurationMs(wire));
}
