// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';

/** What the other end may say (draft-mbelshe-httpbis-spdy-00 §2.2 and §2.6); header blocks are still compressed. */
export type SpdyFrame =
  | {
      readonly type: 'syn-stream';
      readonly streamId: number;
      readonly isLast: boolean;
      readonly headerBlock: Buffer;
    }
  | {
      readonly type: 'headers';
      readonly streamId: number;
      readonly isLast: boolean;
      readonly headerBlock: Buffer;
    }
  | { readonly type: 'rst-stream'; readonly streamId: number; readonly status: number }
  | { readonly type: 'ping'; readonly id: number }
  /** A part of a data frame; `isLast` comes with the last part of the last frame. */
  | {
      readonly type: 'data';
      readonly streamId: number;
      readonly isLast: boolean;
      readonly bytes: Buffer;
    }
  /** SETTINGS, GOAWAY, WINDOW_UPDATE and what later versions add: nothing to do for us. */
  | { readonly type: 'other' };

/** RST_STREAM statuses (§2.6.3). */
export const RST_STATUS = {
  PROTOCOL_ERROR: 1,
  INVALID_STREAM: 2,
  REFUSED_STREAM: 3,
  CANCEL: 5,
  STREAM_ALREADY_CLOSED: 9,
} as const;

const VERSION = 3;
const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;
const HEADERS = 8;

const CONTROL_BIT = 0x80;
const FLAG_FIN = 0x01;
const FLAG_UNIDIRECTIONAL = 0x02;
const ID_MASK = 0x7fffffff;
export const FRAME_HEAD_BYTES = 8;
/** Far above what two header names and a port take. */
const MAX_CONTROL_BYTES = 16_384;

/** The first 8 bytes of a frame. */
export type FrameHead =
  | {
      readonly kind: 'data';
      readonly streamId: number;
      readonly isLast: boolean;
      readonly length: number;
    }
  | {
      readonly kind: 'control';
      readonly type: number;
      readonly flags: number;
      readonly length: number;
    };

/** Throws INVALID_WIRE for another version of SPDY and for a control frame that is too long. */
export function readFrameHead(head: Buffer): FrameHead {
  const flags = head[4] ?? 0;
  const length = head.readUIntBE(5, 3);
  if (((head[0] ?? 0) & CONTROL_BIT) === 0) {
    const streamId = head.readUInt32BE(0);
    return { kind: 'data', streamId, isLast: (flags & FLAG_FIN) !== 0, length };
  }
  const version = head.readUInt16BE(0) & 0x7fff;
  if (version !== VERSION) throw badFrame(`version ${version}; SPDY/3.1 has ${VERSION}`);
  if (length > MAX_CONTROL_BYTES) {
    throw badFrame(`a control frame of ${length} bytes; at most ${MAX_CONTROL_BYTES} are taken`);
  }
  return { kind: 'control', type: head.readUInt16BE(2), flags, length };
}

/** Throws INVALID_WIRE for a frame that is shorter than its type. */
export function readControlFrame(type: number, flags: number, body: Buffer): SpdyFrame {
  const isLast = (flags & FLAG_FIN) !== 0;
  switch (type) {
    case SYN_STREAM:
      if ((flags & FLAG_UNIDIRECTIONAL) !== 0) throw badFrame('a stream of one direction');
      return {
        ...{ type: 'syn-stream', isLast, streamId: readId(body, 10) },
        headerBlock: body.subarray(10),
      };
    case HEADERS:
    case SYN_REPLY:
      return {
        ...{ type: 'headers', isLast, streamId: readId(body, 4) },
        headerBlock: body.subarray(4),
      };
    case RST_STREAM:
      return { type: 'rst-stream', streamId: readId(body, 8), status: body.readUInt32BE(4) };
    case PING:
      if (body.length < 4) throw badFrame('a PING without number');
      return { type: 'ping', id: body.readUInt32BE(0) };
    default:
      return { type: 'other' };
  }
}

function readId(body: Buffer, minBytes: number): number {
  if (body.length < minBytes) throw badFrame(`a control frame cut short at ${body.length} bytes`);
  return body.readUInt32BE(0) & ID_MASK;
}

export function badFrame(what: string): HeartlineError {
  return new HeartlineError('INVALID_WIRE', `the SPDY connection brought ${what}`);
}

/** The 8 bytes before so many bytes of data. */
export function dataHead(streamId: number, length: number, isLast: boolean): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt32BE(streamId, 0);
  head[4] = isLast ? FLAG_FIN : 0;
  head.writeUIntBE(length, 5, 3);
  return head;
}

/** `headerBlock` as `emptyHeaderBlock` makes it. */
export function synReply(streamId: number, headerBlock: Buffer): Buffer {
  return Buffer.concat([
    controlHead(SYN_REPLY, 4 + headerBlock.length),
    uint32(streamId),
    headerBlock,
  ]);
}

export function rstStream(streamId: number, status: number): Buffer {
  return Buffer.concat([controlHead(RST_STREAM, 8), uint32(streamId), uint32(status)]);
}

export function ping(id: number): Buffer {
  return Buffer.concat([controlHead(PING, 4), uint32(id)]);
}

/** The last word: a stream after this one was not looked at. Status 0 = in good order, 1 = the other end broke the protocol. */
export function goAway(lastStreamId: number, status: 0 | 1): Buffer {
  return Buffer.concat([controlHead(GOAWAY, 8), uint32(lastStreamId), uint32(status)]);
}

function controlHead(type: number, length: number): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt16BE(0x8000 | VERSION, 0);
  head.writeUInt16BE(type, 2);
  head.writeUIntBE(length, 5, 3);
  return head;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}
