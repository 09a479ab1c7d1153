// SPDX-License-Identifier: Apache-2.0
import type { Connection } from '../listeners/connection.js';

/** First bytes of every HTTP/2 connection (RFC 9113 §3.4); no HTTP/1 request begins with them. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export type SniffedProtocol = 'http/1.1' | 'h2';

/** Undefined while the bytes fit both protocols. */
export function sniffProtocol(bytes: Buffer): SniffedProtocol | undefined {
  const length = Math.min(bytes.length, PREFACE.length);
  if (bytes.compare(PREFACE, 0, length, 0, length) !== 0) return 'http/1.1';
  return length === PREFACE.length ? 'h2' : undefined;
}

/** Reads until the protocol is known, puts the bytes back and calls `decided`, once. */
export function sniff(connection: Connection, decided: (protocol: SniffedProtocol) => void): void {
  const { socket } = connection;
  let seen: Buffer | undefined;
  const stop = (): void => {
    socket.off('data', onData);
    socket.off('end', onEnd);
  };
  const onData = (chunk: Buffer): void => {
    seen = seen === undefined ? chunk : Buffer.concat([seen, chunk]);
    const protocol = sniffProtocol(seen);
    if (protocol === undefined) return;
    stop();
    // Paused before the bytes go back: flowing, they would be lost before the next reader is there,
    // and HTTP/2 would answer GOAWAY to what it takes for a broken preface.
    socket.pause();
    socket.unshift(seen);
    decided(protocol);
  };
  // Ended before it said what it speaks: there is no request to answer.
  const onEnd = (): void => {
    stop();
    socket.destroy();
  };
  socket.on('data', onData);
  socket.on('end', onEnd);
  // Paused when a PROXY header came before.
  socket.resume();
}
