// SPDX-License-Identifier: Apache-2.0
import { parseQuantity } from './quantity.js';

/** A field of type ByteSize: bytes as a number, or as a quantity such as `64Ki`. */
export type ByteSize = number | string;

export interface ByteRange {
  readonly min: number;
  readonly max: number;
}

/**
 * What the wire takes, per field. The schema checks numbers; a quantity it cannot compare, so one that is
 * outside is clamped with a warning, as agentgateway does.
 */
export const BYTE_RANGES = {
  maxBufferSize: { min: 1, max: 4_294_967_295 },
  http2WindowSize: { min: 1, max: 4_294_967_295 },
  http2ConnectionWindowSize: { min: 1, max: 4_294_967_295 },
  http2FrameSize: { min: 16_384, max: 1_677_215 },
  http2MaxHeaderSize: { min: 1, max: 4_294_967_295 },
} as const satisfies Record<string, ByteRange>;

export type ByteSizeField = keyof typeof BYTE_RANGES;

export interface ResolvedBytes {
  readonly bytes: number;
  /** The value was outside the range, which now limits it. */
  readonly clamped: boolean;
}

/** Bytes for the wire; undefined when the text is no quantity, which the schema refuses beforehand. */
export function resolveByteSize(field: ByteSizeField, size: ByteSize): ResolvedBytes | undefined {
  const wanted = typeof size === 'number' ? BigInt(size) : parseQuantity(size);
  if (wanted === undefined) return undefined;
  const { min, max } = BYTE_RANGES[field];
  const bytes = wanted < min ? min : wanted > max ? max : Number(wanted);
  return { bytes, clamped: BigInt(bytes) !== wanted };
}
