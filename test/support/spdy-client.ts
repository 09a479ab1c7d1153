// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from 'node:stream';
import { constants, createDeflate, type Deflate } from 'node:zlib';
import { spdyDictionary } from '../../control-plane/port-forward/spdy/dictionary.js';
import { eventually } from './eventually.js';

const FIN = 1;

/** One stream of a SPDY connection, from the client's side. */
export interface SpdyClientStream {
  readonly id: number;
  /** Bytes received so far. */
  receivedBytes: number;
  readonly chunks: Buffer[];
  /** The server has answered the stream, ended its direction, or reset all of it (with this status). */
  isAnswered: boolean;
  isEnded: boolean;
  resetStatus: number | undefined;
}

/** The client's end of SPDY/3.1, played by hand: what kubectl sends, and what it would never send. */
export class SpdyClient {
  readonly transport: Duplex;
  readonly #deflate: Deflate;
  readonly #streams = new Map<number, SpdyClientStream>();
  readonly pings: number[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #lastId = -1;
  #turn: Promise<void> = Promise.resolve();
  /** Whether the chunks that come are kept; else they are only counted. */
  keepsChunks = true;
  hasGoAway = false;
  isClosed = false;

  constructor(transport: Duplex) {
    this.transport = transport;
    this.#deflate = createDeflate({
      dictionary: spdyDictionary(),
      flush: constants.Z_SYNC_FLUSH,
    });
    transport.on('data', (chunk: Buffer) => this.#receive(chunk));
    transport.on('error', () => undefined);
    transport.once('close', () => {
      this.isClosed = true;
      this.#deflate.close();
    });
  }

  /** One after the other, as their header blocks build on each other. */
  open(headers: Readonly<Record<string, string>>, flags = 0): Promise<SpdyClientStream> {
    const opened = this.#turn.then(() => {
      this.#lastId += 2;
      return this.openAs(this.#lastId, headers, flags);
    });
    this.#turn = opened.then(() => undefined);
    return opened;
  }

  /** With a number of the test's choice. */
  async openAs(
    id: number,
    headers: Readonly<Record<string, string>>,
    flags = 0,
  ): Promise<SpdyClientStream> {
    const block = await this.#pack(headers);
    const stream = {
      ...{ id, receivedBytes: 0, chunks: [] },
      ...{ isAnswered: false, isEnded: false, resetStatus: undefined },
    };
    this.#streams.set(id, stream);
    this.control(1, Buffer.concat([uint32(id), uint32(0), Buffer.of(0, 0), block]), flags);
    return stream;
  }

  /** The pair of streams that kubectl opens for one connection. */
  async openPair(port: number, requestId: string) {
    const headers = { port: `${port}`, requestid: requestId };
    const error = await this.open({ ...headers, streamtype: 'error' });
    this.end(error);
    const data = await this.open({ ...headers, streamtype: 'data' });
    return { error, data };
  }

  /** False when the transport wants a pause. */
  write(stream: SpdyClientStream, bytes: Buffer | string, flags = 0): boolean {
    const data = Buffer.from(bytes as string);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(stream.id, 0);
    head[4] = flags;
    head.writeUIntBE(data.length, 5, 3);
    return this.transport.write(Buffer.concat([head, data]));
  }

  end(stream: SpdyClientStream): void {
    this.write(stream, '', FIN);
  }

  reset(stream: SpdyClientStream): void {
    this.control(3, Buffer.concat([uint32(stream.id), uint32(5)]));
  }

  ping(id: number): void {
    this.control(6, uint32(id));
  }

  control(type: number, body: Buffer, flags = 0, version = 3): void {
    const head = Buffer.alloc(8);
    head.writeUInt16BE(0x8000 | version, 0);
    head.writeUInt16BE(type, 2);
    head[4] = flags;
    head.writeUIntBE(body.length, 5, 3);
    this.transport.write(Buffer.concat([head, body]));
  }

  /** Everything a stream brought, once the server has ended it. */
  async text(stream: SpdyClientStream): Promise<string> {
    await eventually(() => {
      if (!stream.isEnded && stream.resetStatus === undefined) throw new Error('not ended yet');
    });
    return Buffer.concat(stream.chunks).toString('utf8');
  }

  close(): void {
    this.transport.destroy();
  }

  #pack(headers: Readonly<Record<string, string>>): Promise<Buffer> {
    const entries = Object.entries(headers);
    const field = (text: string): Buffer => Buffer.concat([uint32(text.length), Buffer.from(text)]);
    const plain = Buffer.concat([uint32(entries.length), ...entries.flat().map(field)]);
    const parts: Buffer[] = [];
    const collect = (part: Buffer): void => void parts.push(part);
    this.#deflate.on('data', collect);
    return new Promise((resolve) => {
      this.#deflate.write(plain, () => {
        this.#deflate.off('data', collect);
        resolve(Buffer.concat(parts));
      });
    });
  }

  #receive(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      if (this.#rest.length < 8) return;
      const length = this.#rest.readUIntBE(5, 3);
      if (this.#rest.length < 8 + length) return;
      this.#take(this.#rest.subarray(0, 8), this.#rest.subarray(8, 8 + length));
      this.#rest = this.#rest.subarray(8 + length);
    }
  }

  #take(head: Buffer, body: Buffer): void {
    if (((head[0] ?? 0) & 0x80) === 0) {
      const stream = this.#streams.get(head.readUInt32BE(0));
      if (stream === undefined) return;
      stream.receivedBytes += body.length;
      if (this.keepsChunks && body.length > 0) stream.chunks.push(Buffer.from(body));
      if (((head[4] ?? 0) & FIN) !== 0) stream.isEnded = true;
      return;
    }
    const type = head.readUInt16BE(2);
    if (type === 6) this.pings.push(body.readUInt32BE(0));
    if (type === 7) this.hasGoAway = true;
    const stream = this.#streams.get(body.readUInt32BE(0));
    if (type === 2 && stream !== undefined) stream.isAnswered = true;
    if (type === 3 && stream !== undefined) stream.resetStatus = body.readUInt32BE(4);
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0, 0);
  return bytes;
}
