// SPDX-License-Identifier: Apache-2.0
import type { StreamEnd } from './connection.js';

/** A goodbye is expected of a control plane (restart, rebalancing); a failure is not, and waits longer each time. */
export type EndKind = 'goodbye' | 'failure';

export interface StreamLife {
  readonly end: StreamEnd;
  readonly livedMs: number;
  readonly messages: number;
}

/** gRPC status codes. */
const OK = 0;
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
export const UNIMPLEMENTED = 12;
export const INTERNAL = 13;
export const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;
const PERMISSION_DENIED = 7;

/** What gRPC servers say when they close a healthy connection (reference §1.3). */
const GOODBYE_DETAILS = /transport is closing|received prior goaway|max_age/i;

/**
 * A stream shorter than this was no service: a server that ends every stream at once in good order would otherwise be called
 * again and again without a pause.
 */
const SERVED_MS = 1000;

export function classifyEnd({ end, livedMs, messages }: StreamLife): EndKind {
  if (messages === 0 || livedMs < SERVED_MS) return 'failure';
  switch (end.code) {
    case OK:
    case CANCELLED:
    case DEADLINE_EXCEEDED:
      return 'goodbye';
    case UNAVAILABLE:
      return GOODBYE_DETAILS.test(end.details) ? 'goodbye' : 'failure';
    default:
      return 'failure';
  }
}

/** What an operator should check, as one fixed sentence per cause. */
export function adviceFor({ code }: StreamEnd): string {
  switch (code) {
    case UNAUTHENTICATED:
    case PERMISSION_DENIED:
      return 'the control plane refused this worker: check --token-file, --cluster and --gateway';
    case UNIMPLEMENTED:
      return 'the address answers gRPC but has no delta discovery service: check --xds-address';
    case UNAVAILABLE:
      return 'the control plane cannot be reached: check --xds-address and that it runs';
    case OK:
    case CANCELLED:
    case DEADLINE_EXCEEDED:
      return 'the control plane ended the stream';
    default:
      return 'the stream to the control plane failed';
  }
}
