// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from 'node:stream';
import { toHeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Logger } from '../../../shared/telemetry/logger.js';
import {
  badFrame,
  goAway,
  ping,
  RST_STATUS,
  rstStream,
  type SpdyFrame,
  synReply,
} from './frame.js';
import { SpdyFrameParser } from './frame-parser.js';
import { emptyHeaderBlock, HeaderReader } from './header-block.js';
import { SpdyStream } from './stream.js';

export interface SpdyConnectionOptions {
  /** Carries the bytes: a socket, or the messages of a websocket. */
  readonly transport: Duplex;
  readonly logger: Logger;
  /** Each stream the other end opens, already answered. */
  readonly onStream: (stream: SpdyStream) => void;
}

/** Two for each forwarded connection. */
const MAX_STREAMS = 128;

/**
 * The server's end of SPDY/3.1, as far as port-forward needs it: streams that the client opens, in both directions. Neither end
 * uses SPDY's windows (spdystream, the client's library, has none): a stream that is not read stops the whole connection,
 * and the client with it. No npm package for it is kept up: spdy-transport's last release is of 2018.
 */
export class SpdyConnection {
  readonly #options: SpdyConnectionOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #parser = new SpdyFrameParser();
  readonly #headers = new HeaderReader();
  readonly #waiting: (() => void)[] = [];
  #lastStreamId = 0;
  #hasReplied = false;

  constructor(options: SpdyConnectionOptions) {
    this.#options = options;
  }

  /** Settles when the connection is over, and all of its streams with it; never rejects. */
  async run(): Promise<void> {
    const { logger, transport } = this.#options;
    transport.on('drain', () => this.#drained());
    // The loop below throws what matters; a write that fails later finds nobody waiting.
    transport.on('error', () => undefined);
    try {
      // Not ended by the loop: there may be a last word to say.
      for await (const chunk of transport.iterator({ destroyOnReturn: false })) {
        for (const frame of this.#parser.push(chunk as Buffer)) await this.#receive(frame);
      }
    } catch (thrown) {
      const { code, message } = toHeartlineError(thrown);
      logger.debug({ code, error: message }, 'port-forward connection ended');
      if (code === 'INVALID_WIRE') this.#farewell();
    } finally {
      this.#headers.close();
      for (const stream of this.#streams.values()) stream.cut();
      transport.destroy();
      this.#drained();
    }
  }

  async #receive(frame: SpdyFrame): Promise<void> {
    switch (frame.type) {
      case 'syn-stream':
        return this.#open(
          frame.streamId,
          await this.#headers.read(frame.headerBlock),
          frame.isLast,
        );
      case 'headers':
        // Read all the same: later blocks build on it.
        await this.#headers.read(frame.headerBlock);
        return undefined;
      case 'data':
        return this.#data(frame.streamId, frame.bytes, frame.isLast);
      case 'rst-stream':
        this.#streams.get(frame.streamId)?.cut();
        return undefined;
      case 'ping':
        // Its own numbers are odd (§2.6.5); an even one would be an answer to a PING that was never sent.
        if (frame.id % 2 === 1) this.#send([ping(frame.id)]);
        return undefined;
      case 'other':
        return undefined;
    }
  }

  async #open(id: number, headers: ReadonlyMap<string, string>, isLast: boolean): Promise<void> {
    if (id % 2 === 0 || id <= this.#lastStreamId) throw badFrame(`stream ${id} out of turn`);
    this.#lastStreamId = id;
    if (this.#streams.size >= MAX_STREAMS) {
      this.#send([rstStream(id, RST_STATUS.REFUSED_STREAM)]);
      return;
    }
    const stream = new SpdyStream({
      ...{ id, headers },
      write: (bytes, done) => this.#send(bytes, done),
      onGone: () => this.#streams.delete(id),
    });
    this.#streams.set(id, stream);
    this.#send([synReply(id, emptyHeaderBlock(!this.#hasReplied))]);
    this.#hasReplied = true;
    if (isLast) await stream.receive(Buffer.alloc(0), true);
    this.#options.onStream(stream);
  }

  async #data(id: number, bytes: Buffer, isLast: boolean): Promise<void> {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      // What was under way when the stream ended is no fault; what was never opened is one.
      if (id === 0 || id > this.#lastStreamId)
        throw badFrame(`data of stream ${id}, which is not open`);
      return;
    }
    if (await stream.receive(bytes, isLast)) return;
    this.#send([rstStream(id, RST_STATUS.STREAM_ALREADY_CLOSED)]);
    stream.cut();
  }

  #send(bytes: readonly Buffer[], done: () => void = () => undefined): void {
    const { transport } = this.#options;
    if (transport.destroyed || transport.writableEnded) {
      done();
      return;
    }
    transport.cork();
    for (const part of bytes) transport.write(part);
    transport.uncork();
    if (transport.writableNeedDrain) this.#waiting.push(done);
    else done();
  }

  #drained(): void {
    for (const done of this.#waiting.splice(0)) done();
  }

  #farewell(): void {
    const { transport } = this.#options;
    if (transport.writable) transport.write(goAway(this.#lastStreamId, 1));
  }
}
