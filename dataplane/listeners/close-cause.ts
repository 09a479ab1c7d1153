// SPDX-License-Identifier: Apache-2.0
import { errnoOf } from '../../shared/errors/heartline-error.js';
import type { CloseCause } from '../engine/report.js';
import type { ConnectionGroup } from './connection.js';

/** Errors with which the kernel gives up on a silent peer; the last two when a router answered for it. */
const PEER_IS_DEAD = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
const PEER_HUNG_UP = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

export interface ErroredConnection {
  readonly group: Pick<ConnectionGroup, 'side' | 'target'>;
}

/** Cause of a close that began with a socket error; a keepalive death is never booked as the client's. */
export function closeCauseOf(error: unknown, connection: ErroredConnection): CloseCause {
  const { side, target } = connection.group;
  const errno = errnoOf(error) ?? '';
  if (PEER_IS_DEAD.has(errno)) return target.enabled ? 'tcp_keepalive' : 'tcp_unacked';
  // undici closes its connections with errors of its own: idle, used up, or its request given up.
  if (errno.startsWith('UND_ERR_')) return 'upstream';
  if (PEER_HUNG_UP.has(errno)) return side === 'upstream' ? 'upstream' : 'client';
  return 'error';
}
