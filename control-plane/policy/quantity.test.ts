// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveByteSize } from './byte-size.js';
import { parseQuantity } from './quantity.js';

const QUANTITIES: readonly (readonly [text: string, value: bigint | undefined])[] = [
  ['0', 0n],
  ['16384', 16_384n],
  ['+5', 5n],
  ['-5', -5n],
  ['64Ki', 65_536n],
  ['5Mi', 5_242_880n],
  ['8Gi', 8_589_934_592n],
  ['1Ti', 1_099_511_627_776n],
  ['1Ei', 1_152_921_504_606_846_976n],
  ['1k', 1000n],
  ['1.5k', 1500n],
  ['0.1k', 100n],
  ['.5M', 500_000n],
  ['5.', 5n],
  ['1.5Ki', 1536n],
  ['1e3', 1000n],
  ['12E-1', 2n],
  ['1E', 1_000_000_000_000_000_000n],
  ['100m', 1n],
  ['1n', 1n],
  ['2500u', 1n],
  ['-1500m', -2n],
  ['', undefined],
  ['.', undefined],
  ['Ki', undefined],
  ['1KiB', undefined],
  ['1 k', undefined],
  ['0x10', undefined],
];

describe('parseQuantity', () => {
  for (const [text, value] of QUANTITIES) {
    it(`reads ${JSON.stringify(text)} as ${value}`, () => assert.equal(parseQuantity(text), value));
  }
});

describe('resolveByteSize', () => {
  const rows = [
    ['maxBufferSize', 2_097_152, { bytes: 2_097_152, clamped: false }],
    ['maxBufferSize', '4Gi', { bytes: 4_294_967_295, clamped: true }],
    ['maxBufferSize', '1Ei', { bytes: 4_294_967_295, clamped: true }],
    ['http2FrameSize', '1Ki', { bytes: 16_384, clamped: true }],
    ['http2FrameSize', '16Mi', { bytes: 1_677_215, clamped: true }],
    ['http2FrameSize', '32Ki', { bytes: 32_768, clamped: false }],
    ['http2WindowSize', 'many', undefined],
  ] as const;
  for (const [field, size, expected] of rows) {
    it(`${field} ${size}`, () => assert.deepEqual(resolveByteSize(field, size), expected));
  }
});
