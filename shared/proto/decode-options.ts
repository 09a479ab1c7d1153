// SPDX-License-Identifier: Apache-2.0

/**
 * How decoded messages look, everywhere: the types in gen/ are generated with the same choices (deploy/gen.mjs).
 * 64-bit integers are numbers (ours are milliseconds and sequences, far below 2^53), enum values are names (a value this build
 * does not know stays a number), bytes are Buffers, a repeated field is always a list, any other absent field is absent, and a
 * oneof names the field that is set.
 */
export const DECODE_OPTIONS = {
  longs: Number,
  enums: String,
  defaults: false,
  arrays: true,
  objects: false,
  oneofs: true,
} as const;
