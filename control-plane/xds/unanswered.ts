// SPDX-License-Identifier: Apache-2.0

/**
 * A worker answers within 2 s even when it could not verify everything (design-dataplane §3), the reference proxy at once.
 * Past this it is shown stuck, and what is newer than the response that is out is sent all the same.
 */
const LATE_AFTER_MS = 5_000;
/** Past this its stream is cancelled; it may come back, and then says itself what it holds. */
export const GIVEN_UP_AFTER_MS = 30_000;

/** Responses of one type that wait for an answer; monotonic times, milliseconds. */
export interface Unanswered {
  /** When the oldest of them was sent. */
  readonly sinceMs: number;
  readonly lastSentMs: number;
}

export function noteSent(before: Unanswered | undefined, nowMs: number): Unanswered {
  return { sinceMs: before?.sinceMs ?? nowMs, lastSentMs: nowMs };
}

/** `late`: time for what is newer; it comes round again after the same time. */
export function judgeSilence(
  { sinceMs, lastSentMs }: Unanswered,
  nowMs: number,
): 'in-time' | 'late' | 'over' {
  if (nowMs - sinceMs >= GIVEN_UP_AFTER_MS) return 'over';
  return nowMs - lastSentMs >= LATE_AFTER_MS ? 'late' : 'in-time';
}
