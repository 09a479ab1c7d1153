// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { parseDurationMs, toWireDuration } from '../../shared/time/duration.js';

/**
 * google.protobuf.Duration of a Gateway API duration; undefined stays undefined. Zero parts are left out:
 * the encoder writes what is set, and proto3 bytes without zeros are what other control planes send.
 */
export function wireDuration(
  text: string | undefined,
): { seconds?: number; nanos?: number } | undefined {
  if (text === undefined) return undefined;
  const ms = parseDurationMs(text);
  if (ms === undefined) {
    throw new HeartlineError(
      'INTERNAL',
      `${text} is no duration; admission should have refused it`,
    );
  }
  const { seconds, nanos } = toWireDuration(ms);
  return { ...(seconds === 0 ? {} : { seconds }), ...(nanos === 0 ? {} : { nanos }) };
}
