// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { holds } from '../support/engine-lab.js';
import { encodeHeaders } from '../support/hpack.js';
import {
  FLAG,
  frame,
  ping,
  rstStream,
  SETTING,
  SETTINGS_ACK,
  settings,
  TYPE,
  uint32,
  windowUpdate,
} from '../support/http2-frames.js';
import { get } from '../support/http2-peer.js';
import { type Http2Case, pathOf } from './http2-case.js';
import { assertServes } from './http2-lab.js';

/** Frames of a client that has said its preface, and whose path is `path`. */
type Frames = (path: string) => readonly Buffer[];

interface Broken {
  readonly rfc: string;
  readonly sent: string;
  /** Error code of the GOAWAY. */
  readonly code: string;
  readonly frames: Frames;
}

const END = FLAG.endStream | FLAG.endHeaders;
const MAX_WINDOW = 2 ** 31 - 1;
const headers = (streamId: number, path: string, flags: number = END): Buffer =>
  frame(TYPE.headers, flags, streamId, encodeHeaders(get(path)));
const openRequest = (path: string): Buffer => headers(1, path, FLAG.endHeaders);
const only =
  (...frames: readonly Buffer[]): Frames =>
  () =>
    frames;

/** Values that SETTINGS must not have (RFC 9113 §6.5.2). */
const SETTINGS_VALUES: readonly [id: string, sent: string, code: string, pair: [number, number]][] =
  [
    ['settings-push', 'ENABLE_PUSH 2', 'PROTOCOL_ERROR', [SETTING.enablePush, 2]],
    [
      'settings-window',
      'INITIAL_WINDOW_SIZE 2^31',
      'FLOW_CONTROL_ERROR',
      [SETTING.initialWindowSize, 2 ** 31],
    ],
    [
      'settings-frame-small',
      'MAX_FRAME_SIZE 16383',
      'PROTOCOL_ERROR',
      [SETTING.maxFrameSize, 16_383],
    ],
    [
      'settings-frame-large',
      'MAX_FRAME_SIZE 2^24',
      'PROTOCOL_ERROR',
      [SETTING.maxFrameSize, 2 ** 24],
    ],
  ];

const BROKEN: Readonly<Record<string, Broken>> = {
  'stream-even': {
    rfc: '9113 §5.1.1',
    sent: 'HEADERS on stream 2',
    code: 'PROTOCOL_ERROR',
    frames: (path) => [headers(2, path)],
  },
  'stream-0-headers': {
    rfc: '9113 §6.2',
    sent: 'HEADERS on stream 0',
    code: 'PROTOCOL_ERROR',
    frames: (path) => [headers(0, path)],
  },
  'stream-0-data': {
    rfc: '9113 §6.1',
    sent: 'DATA on stream 0',
    code: 'PROTOCOL_ERROR',
    frames: only(frame(TYPE.data, 0, 0, Buffer.from('x'))),
  },
  'stream-0-reset': {
    rfc: '9113 §6.4',
    sent: 'RST_STREAM on stream 0',
    code: 'PROTOCOL_ERROR',
    frames: only(rstStream(0, 8)),
  },
  'idle-data': {
    rfc: '9113 §5.1',
    sent: 'DATA on an idle stream',
    code: 'PROTOCOL_ERROR',
    frames: only(frame(TYPE.data, 0, 1, Buffer.from('x'))),
  },
  'idle-reset': {
    rfc: '9113 §5.1',
    sent: 'RST_STREAM on an idle stream',
    code: 'PROTOCOL_ERROR',
    frames: only(rstStream(1, 8)),
  },
  'idle-window': {
    rfc: '9113 §5.1',
    sent: 'WINDOW_UPDATE on an idle stream',
    code: 'PROTOCOL_ERROR',
    frames: only(windowUpdate(1, 1)),
  },
  'window-0': {
    rfc: '9113 §6.9',
    sent: 'WINDOW_UPDATE 0 of the connection',
    code: 'PROTOCOL_ERROR',
    frames: only(windowUpdate(0, 0)),
  },
  'window-0-stream': {
    rfc: '9113 §6.9',
    sent: 'WINDOW_UPDATE 0 of a stream',
    code: 'PROTOCOL_ERROR',
    frames: (path) => [openRequest(path), windowUpdate(1, 0)],
  },
  'window-overflow': {
    rfc: '9113 §6.9.1',
    sent: 'WINDOW_UPDATE beyond 2^31-1 of the connection',
    code: 'FLOW_CONTROL_ERROR',
    frames: only(windowUpdate(0, MAX_WINDOW)),
  },
  'window-overflow-stream': {
    rfc: '9113 §6.9.1',
    sent: 'WINDOW_UPDATE beyond 2^31-1 of a stream',
    code: 'FLOW_CONTROL_ERROR',
    frames: (path) => [openRequest(path), windowUpdate(1, MAX_WINDOW)],
  },
  'window-size': {
    rfc: '9113 §6.9',
    sent: 'WINDOW_UPDATE of 3 bytes',
    code: 'FRAME_SIZE_ERROR',
    frames: only(frame(TYPE.windowUpdate, 0, 0, Buffer.alloc(3))),
  },
  'ping-size': {
    rfc: '9113 §6.7',
    sent: 'PING of 7 bytes',
    code: 'FRAME_SIZE_ERROR',
    frames: only(ping(Buffer.alloc(7))),
  },
  'ping-stream': {
    rfc: '9113 §6.7',
    sent: 'PING on stream 1',
    code: 'PROTOCOL_ERROR',
    frames: only(frame(TYPE.ping, 0, 1, Buffer.alloc(8))),
  },
  'ping-ack-unasked': {
    rfc: '9113 §6.7',
    sent: 'an answer to a PING that was not sent',
    code: 'PROTOCOL_ERROR',
    frames: only(ping(Buffer.alloc(8), FLAG.ack)),
  },
  'settings-size': {
    rfc: '9113 §6.5',
    sent: 'SETTINGS of 5 bytes',
    code: 'FRAME_SIZE_ERROR',
    frames: only(frame(TYPE.settings, 0, 0, Buffer.alloc(5))),
  },
  'settings-ack-size': {
    rfc: '9113 §6.5',
    sent: 'SETTINGS with ACK and 6 bytes',
    code: 'FRAME_SIZE_ERROR',
    frames: only(frame(TYPE.settings, FLAG.ack, 0, Buffer.alloc(6))),
  },
  'settings-stream': {
    rfc: '9113 §6.5',
    sent: 'SETTINGS on stream 1',
    code: 'PROTOCOL_ERROR',
    frames: only(frame(TYPE.settings, 0, 1)),
  },
  'settings-many': {
    rfc: '9113 §10.5',
    sent: '33 values in one SETTINGS',
    code: 'ENHANCE_YOUR_CALM',
    frames: only(settings(...Array.from({ length: 33 }, (): [number, number] => [99, 1]))),
  },
  'settings-ack-unasked': {
    rfc: '9113 §6.5.3',
    sent: 'an ACK of SETTINGS that were not sent',
    code: 'PROTOCOL_ERROR',
    frames: only(SETTINGS_ACK, SETTINGS_ACK),
  },
  push: {
    rfc: '9113 §8.4',
    sent: 'PUSH_PROMISE',
    code: 'PROTOCOL_ERROR',
    frames: only(frame(TYPE.pushPromise, FLAG.endHeaders, 1, uint32(2))),
  },
  'goaway-stream': {
    rfc: '9113 §6.8',
    sent: 'GOAWAY on stream 1',
    code: 'PROTOCOL_ERROR',
    frames: only(frame(TYPE.goaway, 0, 1, Buffer.alloc(8))),
  },
  'priority-self': {
    rfc: '7540 §5.3.1',
    sent: 'a stream that depends on itself',
    code: 'PROTOCOL_ERROR',
    frames: only(frame(TYPE.priority, 0, 3, Buffer.from([0, 0, 0, 3, 9]))),
  },
  'priority-size': {
    rfc: '9113 §6.3',
    sent: 'PRIORITY of 4 bytes',
    code: 'FRAME_SIZE_ERROR',
    frames: only(frame(TYPE.priority, 0, 3, Buffer.alloc(4))),
  },
  'frame-large': {
    rfc: '9113 §4.2',
    sent: 'a frame above MAX_FRAME_SIZE',
    code: 'FRAME_SIZE_ERROR',
    frames: only(frame(TYPE.data, 0, 1, Buffer.alloc(20_000))),
  },
  'padding-long': {
    rfc: '9113 §6.2',
    sent: 'more padding than the frame has bytes',
    code: 'PROTOCOL_ERROR',
    frames: (path) => [
      frame(
        TYPE.headers,
        END | FLAG.padded,
        1,
        Buffer.concat([Buffer.from([200]), encodeHeaders(get(path))]),
      ),
    ],
  },
  'continuation-alone': {
    rfc: '9113 §6.10',
    sent: 'CONTINUATION without HEADERS',
    code: 'PROTOCOL_ERROR',
    frames: only(frame(TYPE.continuation, FLAG.endHeaders, 1)),
  },
  'continuation-other': {
    rfc: '9113 §6.10',
    sent: 'CONTINUATION of another stream',
    code: 'PROTOCOL_ERROR',
    frames: (path) => [
      headers(1, path, FLAG.endStream),
      frame(TYPE.continuation, FLAG.endHeaders, 3),
    ],
  },
  'continuation-interrupted': {
    rfc: '9113 §4.3',
    sent: 'a frame between HEADERS and CONTINUATION',
    code: 'PROTOCOL_ERROR',
    frames: (path) => [
      headers(1, path, FLAG.endStream),
      ping(),
      frame(TYPE.continuation, FLAG.endHeaders, 1),
    ],
  },
  'continuation-many': {
    rfc: '9113 §10.5',
    sent: '9 CONTINUATION frames',
    code: 'ENHANCE_YOUR_CALM',
    frames: (path) => [
      headers(1, path, FLAG.endStream),
      ...Array.from({ length: 9 }, () => frame(TYPE.continuation, 0, 1)),
    ],
  },
  'block-long': {
    rfc: '9113 §10.5.1',
    sent: 'one field of 100 KB in CONTINUATION',
    code: 'COMPRESSION_ERROR',
    frames: (path) => {
      const block = encodeHeaders([...get(path), ['x-a', 'a'.repeat(100_000)]]);
      const parts = Array.from({ length: Math.ceil(block.length / 16_384) }, (_, i) =>
        block.subarray(i * 16_384, (i + 1) * 16_384),
      );
      return parts.map((part, i) =>
        frame(
          i === 0 ? TYPE.headers : TYPE.continuation,
          (i === 0 ? FLAG.endStream : 0) | (i === parts.length - 1 ? FLAG.endHeaders : 0),
          1,
          part,
        ),
      );
    },
  },
  'hpack-index': {
    rfc: '7541 §2.3.3',
    sent: 'an index that there is not',
    code: 'COMPRESSION_ERROR',
    frames: only(frame(TYPE.headers, END, 1, Buffer.from([0xff, 0xff, 0x7f]))),
  },
  'hpack-short': {
    rfc: '7541 §5.2',
    sent: 'a string that ends early',
    code: 'COMPRESSION_ERROR',
    frames: only(frame(TYPE.headers, END, 1, Buffer.from([0, 5, 97]))),
  },
};

function settingsValues(): Record<string, Broken> {
  const rows = SETTINGS_VALUES.map(([id, sent, code, pair]): [string, Broken] => [
    id,
    { rfc: '9113 §6.5.2', sent, code, frames: only(settings(pair)) },
  ]);
  return Object.fromEntries(rows);
}

function toBrokenCase([id, { rfc, sent, code, frames }]: [string, Broken]): Http2Case {
  return {
    id,
    rfc,
    sent,
    client: `GOAWAY ${code}, nothing more is served`,
    backend: 'nothing',
    run: async (lab) => {
      const peer = await lab.connect();
      await peer.roundTrip();
      peer.send(...frames(pathOf(id)));
      await holds(() => peer.goaway() !== undefined);
      assert.equal(peer.goaway(), code);
      peer.request(9, get(pathOf(id)));
      await assertServes(await lab.connect(), 1);
      assert.equal(peer.stream(9).heads.length, 0);
      lab.assertNothingArrived(pathOf(id));
    },
  };
}

interface Ignored {
  readonly rfc: string;
  readonly sent: string;
  readonly frames: Frames;
}

const IGNORED: Readonly<Record<string, Ignored>> = {
  priority: {
    rfc: '9113 §5.3.2',
    sent: 'PRIORITY of an idle stream',
    frames: only(frame(TYPE.priority, 0, 9, Buffer.from([0, 0, 0, 0, 9]))),
  },
  'type-unknown': {
    rfc: '9113 §5.5',
    sent: 'a frame of an unknown type',
    frames: only(frame(187, 255, 0, Buffer.alloc(100))),
  },
  'type-unknown-stream': {
    rfc: '9113 §5.5',
    sent: 'a frame of an unknown type on an idle stream',
    frames: only(frame(187, 255, 7, Buffer.alloc(100))),
  },
  'flags-unknown': {
    rfc: '9113 §4.1',
    sent: 'PING with flags that there are not',
    frames: only(ping(Buffer.alloc(8), 254)),
  },
  'settings-unknown': {
    rfc: '9113 §6.5.2',
    sent: 'a setting that there is not',
    frames: only(settings([99, 1])),
  },
  'settings-zero-window': {
    rfc: '9113 §6.9.2',
    sent: 'INITIAL_WINDOW_SIZE 0, then 65535',
    frames: only(
      settings([SETTING.initialWindowSize, 0]),
      settings([SETTING.initialWindowSize, 65_535]),
    ),
  },
  'reserved-bit': {
    rfc: '9113 §4.1',
    sent: 'PING with the reserved bit of the stream',
    frames: only(frame(TYPE.ping, 0, 2 ** 31, Buffer.alloc(8))),
  },
};

function toIgnoredCase([id, { rfc, sent, frames }]: [string, Ignored]): Http2Case {
  return {
    id,
    rfc,
    sent,
    client: 'the connection goes on',
    backend: 'nothing',
    run: async (lab) => {
      const peer = await lab.connect();
      peer.send(...frames(pathOf(id)));
      await assertServes(peer, 1);
      assert.equal(peer.goaway(), undefined);
    },
  };
}

export const FRAME_CASES: readonly Http2Case[] = [
  ...Object.entries(IGNORED).map(toIgnoredCase),
  ...Object.entries({ ...BROKEN, ...settingsValues() }).map(toBrokenCase),
];
