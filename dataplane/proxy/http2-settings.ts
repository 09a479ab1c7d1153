// SPDX-License-Identifier: Apache-2.0
import type { Settings } from 'node:http2';
import type { HttpSettings } from '../engine/plan.js';

/** Streams a peer may have open at once; nginx has 128, envoy 100 and hyper 200. */
export const MAX_CONCURRENT_STREAMS = 100;
/** Largest window, and largest frame, that HTTP/2 can express (RFC 9113 §6.5.2, §6.9.1). */
const MAX_WINDOW_BYTES = 2 ** 31 - 1;
const MIN_FRAME_BYTES = 16_384;
const MAX_FRAME_BYTES = 2 ** 24 - 1;

/** SETTINGS that a bind's values mean; values beyond the protocol's range are cut to it. */
export function toSettings(http: HttpSettings): Settings {
  return {
    initialWindowSize: Math.min(http.http2WindowBytes, MAX_WINDOW_BYTES),
    maxFrameSize: Math.min(Math.max(http.http2FrameBytes, MIN_FRAME_BYTES), MAX_FRAME_BYTES),
    maxHeaderListSize: http.http2MaxHeaderListBytes,
    maxConcurrentStreams: MAX_CONCURRENT_STREAMS,
  };
}

export function connectionWindowBytes(http: HttpSettings): number {
  return Math.min(http.http2ConnectionWindowBytes, MAX_WINDOW_BYTES);
}

/** Whether a peer would notice the difference: PINGs, ages and HTTP/1 values are not in SETTINGS. */
export function sameOnTheWire(a: HttpSettings, b: HttpSettings): boolean {
  return (
    a.http2WindowBytes === b.http2WindowBytes &&
    a.http2FrameBytes === b.http2FrameBytes &&
    a.http2MaxHeaderListBytes === b.http2MaxHeaderListBytes &&
    a.http2ConnectionWindowBytes === b.http2ConnectionWindowBytes
  );
}
