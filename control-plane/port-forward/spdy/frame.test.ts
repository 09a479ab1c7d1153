// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { dataHead, goAway, ping, rstStream, type SpdyFrame, synReply } from './frame.js';
import { SpdyFrameParser } from './frame-parser.js';

function parse(...chunks: readonly Buffer[]): SpdyFrame[] {
  const parser = new SpdyFrameParser();
  return chunks.flatMap((chunk) => [...parser.push(chunk)]);
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const isBadFrame = (thrown: unknown): boolean =>
  thrown instanceof HeartlineError && thrown.code === 'INVALID_WIRE';

describe('SPDY frames', () => {
  for (const [name, bytes, frame] of [
    [
      'SYN_STREAM',
      '80030001 0100000c 80000003 00000000 0000 abcd',
      { type: 'syn-stream', streamId: 3, isLast: true, headerBlock: hex('abcd') },
    ],
    [
      'HEADERS',
      '80030008 00000006 00000005 abcd',
      { type: 'headers', streamId: 5, isLast: false, headerBlock: hex('abcd') },
    ],
    [
      'RST_STREAM',
      '80030003 00000008 00000005 00000003',
      { type: 'rst-stream', streamId: 5, status: 3 },
    ],
    ['PING', '80030006 00000004 00000007', { type: 'ping', id: 7 }],
    ['SETTINGS', '80030004 00000004 00000000', { type: 'other' }],
    ['WINDOW_UPDATE', '80030009 00000008 00000001 00000001', { type: 'other' }],
    [
      'data',
      '00000001 01000002 6869',
      { type: 'data', streamId: 1, isLast: true, bytes: hex('6869') },
    ],
    [
      'data without bytes',
      '00000001 01000000',
      { type: 'data', streamId: 1, isLast: true, bytes: hex('') },
    ],
  ] as const) {
    it(`${name} is read`, () => {
      assert.deepEqual(parse(hex(bytes)), [frame]);
    });
  }

  for (const [name, bytes, message] of [
    ['another version', '80020006 00000004 00000007', /version 2; SPDY\/3\.1 has 3/],
    ['a long control frame', '80030004 00004001', /16385 bytes; at most 16384/],
    ['a short SYN_STREAM', '80030001 00000009 000000000000000000', /cut short at 9 bytes/],
    ['a short RST_STREAM', '80030003 00000004 00000001', /cut short at 4 bytes/],
    ['a PING without number', '80030006 00000000', /a PING without number/],
    ['a stream of one direction', '80030001 0200000a 00000001000000000000', /of one direction/],
  ] as const) {
    it(`${name} is refused`, () => {
      assert.throws(() => parse(hex(bytes)), { code: 'INVALID_WIRE', message });
    });
  }

  it('that are written are read again, however their bytes arrive', () => {
    const id = fc.integer({ min: 1, max: 0x7fffffff });
    const written: fc.Arbitrary<[Buffer, SpdyFrame]> = fc.oneof(
      fc
        .tuple(id, fc.nat(20))
        .map(([streamId, status]): [Buffer, SpdyFrame] => [
          rstStream(streamId, status),
          { type: 'rst-stream', streamId, status },
        ]),
      id.map((number): [Buffer, SpdyFrame] => [ping(number), { type: 'ping', id: number }]),
      id.map((last): [Buffer, SpdyFrame] => [goAway(last, 0), { type: 'other' }]),
      fc
        .tuple(id, fc.uint8Array({ maxLength: 40 }))
        .map(([streamId, block]): [Buffer, SpdyFrame] => {
          const headerBlock = Buffer.from(block);
          const frame = { type: 'headers', streamId, isLast: false, headerBlock } as const;
          return [synReply(streamId, headerBlock), frame];
        }),
    );
    fc.assert(
      fc.property(
        fc.array(written, { maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        (all, step) => {
          const bytes = Buffer.concat(all.map(([one]) => one));
          const chunks: Buffer[] = [];
          for (let at = 0; at < bytes.length; at += step)
            chunks.push(bytes.subarray(at, at + step));
          assert.deepEqual(
            parse(...chunks),
            all.map(([, frame]) => frame),
          );
        },
      ),
    );
  });

  it('of data keep bytes and end, however they arrive', () => {
    const body = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(body, fc.boolean(), fc.integer({ min: 1, max: 9 }), (sent, isLast, step) => {
        const bytes = Buffer.concat([dataHead(9, sent.length, isLast), sent]);
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += step) chunks.push(bytes.subarray(at, at + step));
        const parts = parse(...chunks).map((frame) => {
          assert.ok(frame.type === 'data' && frame.streamId === 9, 'a part of the data');
          return frame;
        });
        assert.deepEqual(Buffer.concat(parts.map((part) => part.bytes)), Buffer.from(sent));
        assert.deepEqual(
          parts.map((part) => part.isLast),
          parts.map((_, n) => isLast && n === parts.length - 1),
        );
      }),
    );
  });

  it('of any bytes are frames or the error of the protocol', () => {
    const control = fc
      .tuple(fc.nat(12), fc.nat(255), fc.uint8Array({ maxLength: 24 }))
      .map(([type, flags, body]) =>
        Buffer.concat([Buffer.of(0x80, 3, 0, type, flags, 0, 0, body.length), body]),
      );
    const any = fc.oneof(
      control,
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 4 }), (chunks) => {
        try {
          parse(...chunks);
        } catch (thrown) {
          assert.ok(isBadFrame(thrown), String(thrown));
        }
      }),
    );
  });
});
