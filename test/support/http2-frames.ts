// SPDX-License-Identifier: Apache-2.0

/** RFC 9113 §6. */
export const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** RFC 9113 §6.5.2. */
export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

/** RFC 9113 §7, by number. */
const ERROR_NAMES: readonly string[] = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const HEADER_BYTES = 9;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
  /** When it was read, `performance.now()`. */
  readonly atMs: number;
}

/** One frame as it goes over the wire; nothing is checked, so that a test may lie. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, payload]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** SETTINGS with identifiers and values in turn. */
export function settings(...pairs: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(pairs.length * 6);
  pairs.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  });
  return frame(TYPE.settings, 0, 0, payload);
}

export const SETTINGS_ACK = frame(TYPE.settings, FLAG.ack, 0);

export function ping(payload: Buffer = Buffer.alloc(8), flags = 0): Buffer {
  return frame(TYPE.ping, flags, 0, payload);
}

export function windowUpdate(streamId: number, increment: number): Buffer {
  return frame(TYPE.windowUpdate, 0, streamId, uint32(increment));
}

export function rstStream(streamId: number, code: number): Buffer {
  return frame(TYPE.rstStream, 0, streamId, uint32(code));
}

/** Error code of RST_STREAM or GOAWAY by its name. */
export function errorNameOf({ type, payload }: Frame): string {
  const code = payload.readUInt32BE(type === TYPE.goaway ? 4 : 0);
  return ERROR_NAMES[code] ?? String(code);
}

/** Cuts a byte stream into frames. */
export class FrameReader {
  #buffered = Buffer.alloc(0);

  /** Frames that `chunk` completes. */
  push(chunk: Buffer): Frame[] {
    this.#buffered = Buffer.concat([this.#buffered, chunk]);
    const frames: Frame[] = [];
    for (;;) {
      const bytes = this.#buffered;
      if (bytes.length < HEADER_BYTES) return frames;
      const end = HEADER_BYTES + bytes.readUIntBE(0, 3);
      if (bytes.length < end) return frames;
      frames.push({
        type: bytes.readUInt8(3),
        flags: bytes.readUInt8(4),
        streamId: bytes.readUInt32BE(5) & 0x7f_ff_ff_ff,
        payload: bytes.subarray(HEADER_BYTES, end),
        atMs: performance.now(),
      });
      this.#buffered = bytes.subarray(end);
    }
  }
}
