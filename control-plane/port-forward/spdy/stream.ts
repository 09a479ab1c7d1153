// SPDX-License-Identifier: Apache-2.0
import { Duplex } from 'node:stream';
import { dataHead, RST_STATUS, rstStream } from './frame.js';

export interface SpdyStreamOptions {
  readonly id: number;
  readonly headers: ReadonlyMap<string, string>;
  /** Writes to the connection; `done` is called when it has room for more. */
  readonly write: (bytes: readonly Buffer[], done: () => void) => void;
  /** Called once, when this end knows no more of the stream. */
  readonly onGone: () => void;
}

/** Below the 16 MiB of a frame, and small enough for others to get a turn. */
const MAX_DATA_BYTES = 65_536;

/** One stream that the other end opened. It reads no faster than it is read from: see `receive`. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly #options: SpdyStreamOptions;
  #isOver = false;
  #hasEnded = false;
  #goOn: (() => void) | undefined;

  constructor(options: SpdyStreamOptions) {
    super();
    this.#options = options;
    this.id = options.id;
    this.headers = options.headers;
  }

  /** Bytes from the other end; settles when there is room for more, or nobody wants any. False when it had said its last word. */
  async receive(bytes: Buffer, isLast: boolean): Promise<boolean> {
    if (this.destroyed) return true;
    if (this.#hasEnded) return false;
    const hasRoom = bytes.length === 0 || this.push(bytes);
    if (isLast) {
      this.#hasEnded = true;
      this.push(null);
    } else if (!hasRoom) {
      await new Promise<void>((settle) => {
        this.#goOn = settle;
      });
    }
    return true;
  }

  /** The other end, or the connection, is gone; nothing is sent for it any more. */
  cut(error?: Error): void {
    this.#isOver = true;
    this.destroy(error);
  }

  override _read(): void {
    this.#goOn?.();
    this.#goOn = undefined;
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    const part = bytes.subarray(0, MAX_DATA_BYTES);
    const rest = bytes.subarray(part.length);
    const next = rest.length === 0 ? done : () => this._write(rest, _encoding, done);
    this.#options.write([dataHead(this.id, part.length, false), part], next);
  }

  override _final(done: () => void): void {
    this.#options.write([dataHead(this.id, 0, true)], () => undefined);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const isOrderly = this.writableFinished && this.#hasEnded;
    if (!this.#isOver && !isOrderly) {
      this.#options.write([rstStream(this.id, RST_STATUS.CANCEL)], () => undefined);
    }
    this.#isOver = true;
    this._read();
    this.#options.onGone();
    done(error);
  }
}
