// SPDX-License-Identifier: Apache-2.0
import type { CloseCause } from '../engine/report.js';

/** What is said and booked when a session ends with an error. */
export interface Http2Fault {
  /** RFC 9113 §7, for the GOAWAY. */
  readonly code: number;
  readonly cause: CloseCause;
}

const PROTOCOL_ERROR = 1;
const INTERNAL_ERROR = 2;
const FLOW_CONTROL_ERROR = 3;
const FRAME_SIZE_ERROR = 6;
const COMPRESSION_ERROR = 9;
const ENHANCE_YOUR_CALM = 11;

/** nghttp2's errors that end a session, by number (nghttp2.h); its other ones end this process' use of it, not the peer's fault. */
const FAULTS: ReadonlyMap<number, Http2Fault> = new Map([
  [-505, { code: PROTOCOL_ERROR, cause: 'error' }],
  [-522, { code: FRAME_SIZE_ERROR, cause: 'error' }],
  [-523, { code: COMPRESSION_ERROR, cause: 'error' }],
  [-524, { code: FLOW_CONTROL_ERROR, cause: 'error' }],
  [-531, { code: PROTOCOL_ERROR, cause: 'error' }],
  [-532, { code: PROTOCOL_ERROR, cause: 'error' }],
  [-536, { code: PROTOCOL_ERROR, cause: 'error' }],
  [-537, { code: ENHANCE_YOUR_CALM, cause: 'limit' }],
  [-903, { code: PROTOCOL_ERROR, cause: 'error' }],
  [-904, { code: ENHANCE_YOUR_CALM, cause: 'limit' }],
  [-905, { code: ENHANCE_YOUR_CALM, cause: 'limit' }],
]);

const TOO_MANY: Http2Fault = { code: ENHANCE_YOUR_CALM, cause: 'limit' };
const OURS: Http2Fault = { code: INTERNAL_ERROR, cause: 'error' };

/** node:http2 says INTERNAL_ERROR for each of its frame library's errors: the peer would look for the fault here. */
export function faultOf(error: Error): Http2Fault {
  const { errno, code = '' } = error as NodeJS.ErrnoException;
  if (code.startsWith('ERR_HTTP2_TOO_MANY_')) return TOO_MANY;
  return FAULTS.get(errno ?? 0) ?? OURS;
}
