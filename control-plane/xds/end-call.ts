// SPDX-License-Identifier: Apache-2.0
import type { Metadata } from '@grpc/grpc-js';
import { toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { Clock } from '../../shared/time/clock.js';
import type { RawStream } from '../auth/rpc-guard.js';
import { resetCall } from './reset-call.js';

/** How long the end of a stream may take to be read by its client, milliseconds; then the stream is reset. */
const END_GRACE_MS = 1_000;

/** Ends a call with an error of our table; a client that does not read its end cannot keep the stream open. */
export function endCall(
  call: RawStream,
  error: Error,
  clock: Pick<Clock, 'after'>,
  metadata?: Metadata,
): void {
  const { meaning, message } = toHeartlineError(error);
  // Nothing waits: the client reads, and the status goes out at once.
  const mayBlock = call.writableLength > 0;
  call.emit('error', { code: meaning.grpc, details: message, ...(metadata && { metadata }) });
  if (mayBlock) clock.after(END_GRACE_MS, () => resetCall(call));
}
