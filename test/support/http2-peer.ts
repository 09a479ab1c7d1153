// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { holds } from './engine-lab.js';
import { decodeHeaders, encodeHeaders, type HeaderPair } from './hpack.js';
import {
  errorNameOf,
  FLAG,
  type Frame,
  FrameReader,
  frame,
  PREFACE,
  ping,
  SETTING,
  SETTINGS_ACK,
  settings,
  TYPE,
  windowUpdate,
} from './http2-frames.js';

export interface PeerOptions {
  /** Answer PING. Default true. */
  readonly answerPings?: boolean;
  /** Acknowledge SETTINGS. Default true. */
  readonly ackSettings?: boolean;
  /** Open both windows as DATA comes in. Default true. */
  readonly updateWindows?: boolean;
  /** More settings than the HEADER_TABLE_SIZE 0 that its decoder needs. */
  readonly settings?: readonly (readonly [id: number, value: number])[];
}

/** What came back on one stream. */
export interface StreamView {
  /** Heads in order: informational ones, the answer's, its trailers. */
  readonly heads: readonly (readonly HeaderPair[])[];
  readonly body: Buffer;
  /** END_STREAM was seen. */
  readonly ended: boolean;
  /** Name of the error code of RST_STREAM; undefined without one. */
  readonly reset: string | undefined;
}

/** An HTTP/2 client that sends the frames a test says and nothing by itself but what its options name. */
export interface Http2Peer {
  readonly socket: Socket;
  readonly frames: readonly Frame[];
  /** `performance.now()` of the last byte sent. */
  readonly lastSentMs: () => number;
  send(...parts: readonly Buffer[]): void;
  /** HEADERS, followed by CONTINUATION when they are long. */
  request(streamId: number, headers: readonly HeaderPair[], options?: { end?: boolean }): void;
  data(streamId: number, data: Buffer | string, options?: { end?: boolean }): void;
  stream(streamId: number): StreamView;
  /** Streams whose END_STREAM was seen. */
  endedStreams(): number;
  /** Name of the last GOAWAY's error code; undefined without one. */
  goaway(): string | undefined;
  count(type: number, flags?: number): number;
  readonly closed: () => boolean;
  /** A PING and its answer: everything sent before has been read by then. */
  roundTrip(): Promise<void>;
}

/** Pseudo-headers of a plain GET, with `more` behind them. */
export function get(path: string, ...more: readonly HeaderPair[]): HeaderPair[] {
  return requestOf('GET', path, ...more);
}

export function requestOf(
  method: string,
  path: string,
  ...more: readonly HeaderPair[]
): HeaderPair[] {
  const pseudo: HeaderPair[] = [
    [':method', method],
    [':scheme', 'http'],
    [':authority', 'a.test'],
    [':path', path],
  ];
  return [...pseudo, ...more];
}

export function statusOf({ heads }: StreamView): string | undefined {
  return heads[0]?.find(([name]) => name === ':status')?.[1];
}

/** What every server takes (RFC 9113 §4.2). */
const MAX_FRAME_BYTES = 16_384;
const ROUND_TRIP = Buffer.from('roundtr\0');

/** Connects, sends the preface and waits for the server's SETTINGS; ends with the test. */
export async function connectHttp2Peer(
  t: TestContext,
  port: number,
  options: PeerOptions = {},
): Promise<Http2Peer> {
  const { answerPings = true, ackSettings = true, updateWindows = true } = options;
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  t.after(() => socket.destroy());
  const frames: Frame[] = [];
  const reader = new FrameReader();
  let lastSentMs = 0;
  let ended = 0;
  let roundTrips = 0;
  let closed = false;
  const send = (...parts: readonly Buffer[]): void => {
    if (!socket.writable) return;
    socket.write(Buffer.concat(parts));
    lastSentMs = performance.now();
  };
  const onFrame = (received: Frame): void => {
    const { type, flags, streamId, payload } = received;
    frames.push(received);
    if (isEnd(received)) ended += 1;
    if (type === TYPE.ping && payload.equals(ROUND_TRIP)) roundTrips += 1;
    const isAck = (flags & FLAG.ack) !== 0;
    if (type === TYPE.ping && !isAck && answerPings) send(ping(payload, FLAG.ack));
    if (type === TYPE.settings && !isAck && ackSettings) send(SETTINGS_ACK);
    if (type === TYPE.data && payload.length > 0 && updateWindows) {
      send(windowUpdate(0, payload.length), windowUpdate(streamId, payload.length));
    }
  };
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  socket.on('data', (chunk: Buffer) => {
    for (const received of reader.push(chunk)) onFrame(received);
  });
  await once(socket, 'connect');
  send(PREFACE, settings([SETTING.headerTableSize, 0], ...(options.settings ?? [])));
  await holds(() => closed || frames.some(({ type }) => type === TYPE.settings));
  return {
    socket,
    frames,
    lastSentMs: () => lastSentMs,
    send,
    request: (streamId, headers, { end = true } = {}) => {
      const block = encodeHeaders(headers);
      const flags = end ? FLAG.endStream : 0;
      send(...blockFrames(streamId, block, flags));
    },
    data: (streamId, data, { end = false } = {}) =>
      send(frame(TYPE.data, end ? FLAG.endStream : 0, streamId, Buffer.from(data))),
    stream: (streamId) => viewOf(frames.filter((each) => each.streamId === streamId)),
    endedStreams: () => ended,
    goaway: () => {
      const last = frames.findLast(({ type }) => type === TYPE.goaway);
      return last && errorNameOf(last);
    },
    count: (type, flags) =>
      frames.filter((each) => each.type === type && (flags ?? each.flags) === each.flags).length,
    closed: () => closed,
    roundTrip: async () => {
      const before = roundTrips;
      send(ping(ROUND_TRIP));
      await holds(() => closed || roundTrips > before);
    },
  };
}

/** HEADERS, and CONTINUATION for what does not fit. */
function blockFrames(streamId: number, block: Buffer, flags: number): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += MAX_FRAME_BYTES) {
    const part = block.subarray(at, at + MAX_FRAME_BYTES);
    const last = at + MAX_FRAME_BYTES >= block.length ? FLAG.endHeaders : 0;
    const [type, first] = at === 0 ? [TYPE.headers, flags] : [TYPE.continuation, 0];
    frames.push(frame(type, first | last, streamId, part));
  }
  return frames;
}

function isEnd({ type, flags }: Frame): boolean {
  return (type === TYPE.data || type === TYPE.headers) && (flags & FLAG.endStream) !== 0;
}

function viewOf(frames: readonly Frame[]): StreamView {
  const heads: HeaderPair[][] = [];
  const data: Buffer[] = [];
  let block: Buffer[] = [];
  for (const { type, flags, payload } of frames) {
    if (type === TYPE.data) data.push(payload);
    if (type !== TYPE.headers && type !== TYPE.continuation) continue;
    block.push(payload);
    if ((flags & FLAG.endHeaders) === 0) continue;
    heads.push(decodeHeaders(Buffer.concat(block)));
    block = [];
  }
  const reset = frames.find(({ type }) => type === TYPE.rstStream);
  return {
    heads,
    body: Buffer.concat(data),
    ended: frames.some(isEnd),
    reset: reset && errorNameOf(reset),
  };
}
