// SPDX-License-Identifier: Apache-2.0
import { Duplex } from 'node:stream';
import { HeartlineError } from '../errors/heartline-error.js';
import type {
  TunnelFrame,
  TunnelFrame__Output,
} from '../proto/gen/heartline/fleet/v1/TunnelFrame.js';

/** What a tunnel says, without its number. */
export type TunnelSaying = Omit<TunnelFrame, 'tunnelId'>;

export interface TunnelStreamOptions {
  /** Takes the frames to the other end, in order; never blocks. */
  readonly send: (frame: TunnelSaying) => void;
  /** Called once, when this end knows no more of the tunnel. */
  readonly onGone: () => void;
}

/** Bytes that may be under way in one direction: 16 MiB/s over a round trip of 16 ms (SSH channels: 2 MiB, HTTP/2: 64 KiB). */
const TUNNEL_WINDOW_BYTES = 262_144;
/** A report behind such a frame waits for microseconds. */
const MAX_DATA_BYTES = 32_768;
/** Smaller amounts of credit are gathered first. */
const CREDIT_STEP_BYTES = TUNNEL_WINDOW_BYTES / 4;

interface PendingWrite {
  bytes: Buffer;
  readonly done: (error?: Error | null) => void;
}

/** One end of a tunnel. Its `error` is a HeartlineError with the other end's sentence. */
export class TunnelStream extends Duplex {
  readonly #options: TunnelStreamOptions;
  #sendCredit = TUNNEL_WINDOW_BYTES;
  #receiveCredit = TUNNEL_WINDOW_BYTES;
  /** Read here and not given back yet. */
  #owedCredit = 0;
  #pending: PendingWrite | undefined;
  #hasSentEnd = false;
  #isOver = false;

  constructor(options: TunnelStreamOptions) {
    super({ readableHighWaterMark: CREDIT_STEP_BYTES, writableHighWaterMark: CREDIT_STEP_BYTES });
    this.#options = options;
  }

  /** A frame of the other end; one that breaks the rules ends the tunnel. */
  receive(frame: TunnelFrame__Output): void {
    if (this.destroyed) return;
    if (frame.data !== undefined) this.#receiveData(frame.data.data, frame.data.end ?? false);
    else if (frame.window !== undefined) this.#receiveWindow(frame.window.bytes ?? 0);
    else if (frame.close !== undefined) this.#receiveClose(frame.close.error ?? '');
    else this.destroy(broken('a frame of no kind'));
  }

  /** The way to the other end is gone. */
  cut(reason: string): void {
    this.#isOver = true;
    this.destroy(new HeartlineError('UNAVAILABLE', reason));
  }

  override _write(bytes: Buffer, _encoding: string, done: PendingWrite['done']): void {
    this.#pending = { bytes, done };
    this.#flush();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#hasSentEnd = true;
    this.#options.send({ data: { end: true } });
    done();
  }

  override _read(): void {
    if (this.#owedCredit < CREDIT_STEP_BYTES || this.#isOver) return;
    this.#receiveCredit += this.#owedCredit;
    this.#options.send({ window: { bytes: this.#owedCredit } });
    this.#owedCredit = 0;
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const isOrderly = this.#hasSentEnd && this.readableEnded;
    if (!this.#isOver && !isOrderly) this.#options.send({ close: { error: error?.message ?? '' } });
    this.#isOver = true;
    this.#pending?.done(error);
    this.#pending = undefined;
    this.#options.onGone();
    done(error);
  }

  #flush(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    while (pending.bytes.length > 0 && this.#sendCredit > 0) {
      const size = Math.min(pending.bytes.length, this.#sendCredit, MAX_DATA_BYTES);
      this.#sendCredit -= size;
      this.#options.send({ data: { data: pending.bytes.subarray(0, size) } });
      pending.bytes = pending.bytes.subarray(size);
    }
    if (pending.bytes.length > 0) return;
    this.#pending = undefined;
    pending.done();
  }

  #receiveData(bytes: Buffer | undefined, isEnd: boolean): void {
    const size = bytes?.length ?? 0;
    if (size > this.#receiveCredit) {
      this.destroy(broken(`${size} bytes with credit for ${this.#receiveCredit}`));
      return;
    }
    this.#receiveCredit -= size;
    this.#owedCredit += size;
    const hasRoom = bytes === undefined || size === 0 || this.push(bytes);
    if (isEnd) this.push(null);
    else if (hasRoom) this._read();
  }

  #receiveWindow(bytes: number): void {
    if (this.#sendCredit + bytes > TUNNEL_WINDOW_BYTES) {
      this.destroy(broken(`credit for ${bytes} bytes that were not sent`));
      return;
    }
    this.#sendCredit += bytes;
    this.#flush();
  }

  #receiveClose(error: string): void {
    this.#isOver = true;
    this.destroy(error === '' ? undefined : new HeartlineError('UNAVAILABLE', error));
  }
}

function broken(what: string): HeartlineError {
  return new HeartlineError('INVALID_WIRE', `the other end of the tunnel sent ${what}`);
}
