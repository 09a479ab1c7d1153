// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Duplex } from 'node:stream';

const BINARY = 0x82;
const CLOSE = 0x88;

export interface WebSocketBytesOptions {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: string;
}

/**
 * A websocket as one stream of bytes, each write a binary message. By hand, because `ws` refuses to ask for a protocol whose name is no token, as
 * `SPDY/3.1+portforward.k8s.io` is none.
 */
export async function openWebSocketBytes(options: WebSocketBytesOptions): Promise<Duplex> {
  const { headers, path, port, protocol } = options;
  const asked = request({
    ...{ host: '127.0.0.1', port, path },
    headers: {
      ...{ ...headers, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
      'sec-websocket-key': randomBytes(16).toString('base64'),
      'sec-websocket-protocol': protocol,
    },
  });
  asked.end();
  const [answer, socket, head] = (await once(asked, 'upgrade')) as [
    IncomingMessage,
    Duplex,
    Buffer,
  ];
  assert.equal(answer.headers['sec-websocket-protocol'], protocol);
  if (head.length > 0) socket.unshift(head);
  return new WebSocketBytes(socket);
}

class WebSocketBytes extends Duplex {
  readonly #socket: Duplex;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Duplex) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => this.destroy());
    socket.once('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.#socket.write(frame(BINARY, bytes), done);
  }

  override _final(done: () => void): void {
    this.#socket.write(frame(CLOSE, Buffer.alloc(0)), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let next = cut(this.#rest); next !== undefined; next = cut(this.#rest)) {
      this.#rest = next.rest;
      if (next.opcode === CLOSE) this.push(null);
      else if (next.opcode === BINARY && !this.push(next.payload)) this.#socket.pause();
    }
  }
}

/** Masked, as a client has to (RFC 6455 §5.3). */
function frame(first: number, payload: Buffer): Buffer {
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 10 : 2);
  head[0] = first;
  head[1] = 0x80 | (long ? 127 : payload.length);
  if (long) head.writeBigUInt64BE(BigInt(payload.length), 2);
  const mask = randomBytes(4);
  const masked = Buffer.from(payload);
  for (let at = 0; at < masked.length; at += 1)
    masked[at] = (masked[at] ?? 0) ^ (mask[at % 4] ?? 0);
  return Buffer.concat([head, mask, masked]);
}

function cut(bytes: Buffer): { opcode: number; payload: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const headBytes = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < headBytes) return undefined;
  const long = (): number =>
    short === 127 ? Number(bytes.readBigUInt64BE(2)) : bytes.readUInt16BE(2);
  const length = short < 126 ? short : long();
  const end = headBytes + length;
  if (bytes.length < end) return undefined;
  const payload = Buffer.from(bytes.subarray(headBytes, end));
  return { opcode: bytes[0] ?? 0, payload, rest: bytes.subarray(end) };
}
