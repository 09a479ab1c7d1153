// SPDX-License-Identifier: Apache-2.0
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { RawStream } from '../auth/rpc-guard.js';

/**
 * Resets the HTTP/2 stream of a call whose peer does not read: its status stands in the line behind what the peer does not
 * take, and all of that stays in memory until the connection ends. grpc-js 1.14 offers no way to do so and keeps the stream
 * in the call; the test of a client that stops reading fails when that is no longer so.
 */
export function resetCall(call: RawStream): void {
  const { call: inner } = call as RawStream & { readonly call?: { stream?: ServerHttp2Stream } };
  inner?.stream?.close(constants.NGHTTP2_CANCEL);
}
