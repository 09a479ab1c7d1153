// SPDX-License-Identifier: Apache-2.0
import { FRAME_HEAD_BYTES, readControlFrame, readFrameHead, type SpdyFrame } from './frame.js';

interface OpenData {
  readonly streamId: number;
  readonly isLast: boolean;
  left: number;
}

/** Cuts bytes into frames, however they arrive. Keeps at most one control frame; data is handed on in the parts it comes in. */
export class SpdyFrameParser {
  #rest: Buffer = Buffer.alloc(0);
  #data: OpenData | undefined;

  /** Frames that are complete, and parts of data. Throws INVALID_WIRE; the connection is of no use afterwards. */
  *push(chunk: Buffer): Generator<SpdyFrame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) yield frame;
  }

  #next(): SpdyFrame | undefined {
    if (this.#data !== undefined) return this.#nextData(this.#data);
    if (this.#rest.length < FRAME_HEAD_BYTES) return undefined;
    const head = readFrameHead(this.#rest);
    if (head.kind === 'data') {
      this.#take(FRAME_HEAD_BYTES);
      this.#data = { streamId: head.streamId, isLast: head.isLast, left: head.length };
      return this.#nextData(this.#data);
    }
    if (this.#rest.length < FRAME_HEAD_BYTES + head.length) return undefined;
    this.#take(FRAME_HEAD_BYTES);
    return readControlFrame(head.type, head.flags, this.#take(head.length));
  }

  #nextData(data: OpenData): SpdyFrame | undefined {
    if (data.left > 0 && this.#rest.length === 0) return undefined;
    const bytes = this.#take(Math.min(data.left, this.#rest.length));
    data.left -= bytes.length;
    const isWhole = data.left === 0;
    if (isWhole) this.#data = undefined;
    return { type: 'data', streamId: data.streamId, isLast: isWhole && data.isLast, bytes };
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}
