// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** What no well-behaved client sends, by name. */
export function hostileBytes(): ReadonlyMap<string, Buffer> {
  const text = (content: string): Buffer => Buffer.from(content, 'latin1');
  const preface = text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const settings = Buffer.from('000000040000000000', 'hex');
  const tls = Buffer.from('1603010200010001fc0303', 'hex');
  return new Map([
    ['random bytes', noise(65_536, 'random')],
    ['zeros', Buffer.alloc(65_536)],
    ['half a TLS handshake', Buffer.concat([tls, noise(40, 'hello')])],
    ['half an HTTP/2 preface', preface.subarray(0, 8)],
    ['an HTTP/2 preface and noise', Buffer.concat([preface, noise(4096, 'frames')])],
    ['HTTP/2 settings and noise', Buffer.concat([preface, settings, noise(4096, 'more')])],
    [
      'an HTTP/2 frame of 16 MiB that never comes',
      Buffer.concat([preface, settings, Buffer.from('ffffff000000000001', 'hex')]),
    ],
    ['a header line of 1 MiB', text(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(1_048_576)}`)],
    ['a request line of 1 MiB', text(`GET /${'a'.repeat(1_048_576)}`)],
    ['20,000 headers', text(`GET / HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(20_000)}\r\n`)],
    ['a negative length', text('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -5\r\n\r\n')],
    [
      'two lengths',
      text('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n'),
    ],
    [
      'chunks that are none',
      text('POST /post HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n\0\0\0'),
    ],
    ['a body that stops', text('POST /post HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nab')],
    ['an upgrade to nothing', text('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\n\r\n')],
  ]);
}

/** The same bytes in every run: a failure can be repeated. */
function noise(length: number, seed: string): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 0; i * 32 < length; i += 1) {
    blocks.push(createHash('sha256').update(`${seed} ${i}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** How a hostile client leaves: half-closed in good order, or with a reset. */
export type Farewell = 'end' | 'reset';

/** A server may keep a broken request for its time limit; nobody waits for that here. */
const PATIENCE_MS = 500;

/** Connects, sends, leaves; settles when the connection is gone on this side. */
export async function sendHostile(port: number, bytes: Buffer, farewell: Farewell): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  // The server may close before it has read everything: that is a good answer.
  socket.on('error', () => undefined);
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.once('connect', () => {
    if (farewell === 'end') socket.end(bytes);
    else socket.write(bytes, () => socket.resetAndDestroy());
  });
  const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
  await closed;
  clearTimeout(timer);
}

/** Connections that say nothing, or stop in the middle of a request line. */
export async function holdSilent(port: number, count: number): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, () => connect({ host: '127.0.0.1', port }));
  for (const [index, socket] of sockets.entries()) {
    socket.on('error', () => undefined);
    socket.resume();
    await new Promise<void>((resolve) => {
      socket.once('connect', resolve).once('close', () => resolve());
    });
    if (index % 2 === 1) socket.write('GET /ge');
  }
  return sockets;
}
