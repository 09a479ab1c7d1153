// SPDX-License-Identifier: Apache-2.0
import type { TcpKeepalive } from '../engine/plan.js';
import type { TcpInfo } from './tcp-info.js';

/**
 * When a peer that owes acknowledgements is given up. Pure. TCP keepalive is silent while data is in flight; the
 * kernel then retransmits for about 15 minutes (net.ipv4.tcp_retries2). All times monotonic milliseconds.
 */

/** A socket with data that is not acknowledged, or not even sent. */
export interface UnackedState {
  /** Since when, at the latest, data is pending of which nothing was acknowledged. */
  readonly pendingSinceMs: number;
  /** First look at it. */
  readonly seenMs: number;
  /** Newest look at it. */
  readonly lookedMs: number;
}

export interface UnackedLook {
  readonly info: TcpInfo;
  readonly nowMs: number;
  /** From `unackedLimitMs`. */
  readonly limitMs: number;
}

/** `clean`: nothing is pending. `dead`: pending for the limit, and no acknowledgement for as long. */
export type UnackedVerdict =
  | { readonly name: 'clean' }
  | { readonly name: 'pending'; readonly state: UnackedState }
  | { readonly name: 'dead' };

/**
 * A peer whose window is closed is asked by probes that come twice as late each time, up to 120 s apart: between two of them
 * it owes nothing, and one that was lost is no death.
 */
export const MIN_UNANSWERED_PROBES = 2;

const CLEAN: UnackedVerdict = { name: 'clean' };
const DEAD: UnackedVerdict = { name: 'dead' };

/** Nobody is given up at the first look: what a live peer owes us at that moment arrives within this. */
const MIN_WATCH_MS = 300;
/** Times of TCP_INFO are in jiffies: 10 ms at the coarsest (HZ=100). */
const JIFFY_MS = 10;

/** Silence after which a peer is dead: the time in which keepalive finds an idle one. */
export function unackedLimitMs({ idleSeconds, intervalSeconds, probes }: TcpKeepalive): number {
  return (idleSeconds + intervalSeconds * probes) * 1000;
}

const SHARE_OF_LIMIT = 1 / 20;
const MIN_PERIOD_MS = 250;
const MAX_PERIOD_MS = 5000;

/** Time between two looks at sockets with this limit. */
export function unackedPeriodMs(limitMs: number): number {
  return Math.min(MAX_PERIOD_MS, Math.max(MIN_PERIOD_MS, limitMs * SHARE_OF_LIMIT));
}

/**
 * One look at a socket. An acknowledgement of anything, the answer to a window probe included, is life: a peer
 * that reads nothing for an hour is never dead.
 */
export function lookAtUnacked(
  state: UnackedState | undefined,
  { info, nowMs, limitMs }: UnackedLook,
): UnackedVerdict {
  if (info.unackedSegments === 0 && info.notSentBytes === 0) return CLEAN;
  const next = state === undefined ? firstLook(info, nowMs) : laterLook(state, info, nowMs);
  const isAsked = info.unackedSegments > 0 || info.probes >= MIN_UNANSWERED_PROBES;
  const isDead =
    isAsked &&
    nowMs - next.pendingSinceMs >= limitMs &&
    info.sinceLastAckMs >= limitMs &&
    nowMs - next.seenMs >= MIN_WATCH_MS;
  return isDead ? DEAD : { name: 'pending', state: next };
}

/**
 * The watcher itself was blind for a while: that time does not count. In a process that is always late the dead are
 * found late, but they are found.
 */
export function postponeUnacked(state: UnackedState, blindMs: number): UnackedState {
  return { ...state, pendingSinceMs: state.pendingSinceMs + blindMs };
}

/** A policy may come after the peer's death: what the kernel has tried in vain since then is evidence too. */
function firstLook(info: TcpInfo, nowMs: number): UnackedState {
  const pendingMs = Math.min(triedForMs(info), info.sinceLastAckMs);
  return { pendingSinceMs: nowMs - pendingMs, seenMs: nowMs, lookedMs: nowMs };
}

/**
 * An acknowledgement since the last look may have been for all of it; what is pending now may be new. One that came
 * within a jiffy of that look counts too.
 */
function laterLook(state: UnackedState, info: TcpInfo, nowMs: number): UnackedState {
  const acknowledged = info.sinceLastAckMs <= nowMs - state.lookedMs + JIFFY_MS;
  const owesNothing = info.unackedSegments === 0 && info.probes === 0;
  const pendingSinceMs = acknowledged || owesNothing ? nowMs : state.pendingSinceMs;
  return { pendingSinceMs, seenMs: state.seenMs, lookedMs: nowMs };
}

/** Linux include/net/tcp.h: TCP_RTO_MAX. */
const MAX_WAIT_MS = 120_000;

/**
 * A lower bound of how long data is pending, from retransmissions and window probes in vain, of which each waits
 * twice as long as the one before. Without either the data may have been written a moment ago.
 */
function triedForMs(info: TcpInfo): number {
  const { retransmits, probes, retransmitTimeoutMs, sinceLastSendMs } = info;
  if (info.unackedSegments > 0) {
    if (retransmits === 0) return 0;
    // The waits that led to the present one. Less than the truth where the kernel caps or does not double them.
    return retransmitTimeoutMs * (1 - 2 ** -retransmits) + sinceLastSendMs;
  }
  let waitedMs = 0;
  for (let probe = 0; probe < probes; probe += 1) {
    // Window probes leave the retransmission timeout as it is.
    waitedMs += Math.min(retransmitTimeoutMs * 2 ** probe, MAX_WAIT_MS);
  }
  return waitedMs;
}
