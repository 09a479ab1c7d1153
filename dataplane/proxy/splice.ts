// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { CloseCause } from '../engine/report.js';
import { type Connection, resetConnection } from '../listeners/connection.js';

/**
 * Passes bytes both ways between two connections until both directions have ended. A FIN is passed on
 * in its own direction; an error of one side resets the other, so that neither takes a torn stream for
 * a complete one.
 */
export function splice(downstream: Connection, upstream: Connection): void {
  pump(downstream.socket, upstream.socket);
  pump(upstream.socket, downstream.socket);
  linkEnds(downstream, upstream);
}

/** One direction through Node's streams: reading stops while the other side is slow. */
export function pump(from: Socket, to: Socket): void {
  from.on('data', (chunk: Buffer) => {
    if (!to.writable) return;
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.once('end', () => to.end());
  from.resume();
}

/** Neither connection outlives the other, except for what is still to be written. */
export function linkEnds(downstream: Connection, upstream: Connection): void {
  downstream.socket.once('close', (failed: boolean) => onClosed(downstream, upstream, failed));
  upstream.socket.once('close', (failed: boolean) => onClosed(upstream, downstream, failed));
}

/** Found dead by the kernel or by us: that is true of its own connection alone. */
const DEATHS: ReadonlySet<CloseCause> = new Set(['tcp_keepalive', 'tcp_unacked']);

function causeForTheOther({ cause, group }: Connection): CloseCause {
  if (cause !== undefined && !DEATHS.has(cause)) return cause;
  return group.side === 'upstream' ? 'upstream' : 'client';
}

function onClosed(gone: Connection, other: Connection, failed: boolean): void {
  if (other.index === -1) return;
  const cause = causeForTheOther(gone);
  const finished = !failed && gone.socket.readableEnded && gone.socket.writableFinished;
  if (!finished) resetConnection(other, cause);
}
