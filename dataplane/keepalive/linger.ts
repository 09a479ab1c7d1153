// SPDX-License-Identifier: Apache-2.0
import type { TcpInfo } from './tcp-info.js';
import { MIN_UNANSWERED_PROBES } from './unacked.js';

/** What becomes of a socket that has sent FIN. Pure; all times milliseconds. */
export type LingerVerdict = 'wait' | 'close' | 'reset';

/**
 * Silence after which the peer of a FIN is given up, long enough for three losses in a row at 300 ms round trip
 * (0.5 + 1 + 2 s). The kernel alone would go on for 100 s (net.ipv4.tcp_orphan_retries) as a socket without owner.
 */
const SILENCE_MS = 5000;
/** Also of a peer that answers: it has had the time that the kernel gives the other half (net.ipv4.tcp_fin_timeout). */
const LONGEST_MS = 60_000;

/** `sinceFinMs` is the time since FIN was sent. */
export function lingerVerdict(info: TcpInfo, sinceFinMs: number): LingerVerdict {
  if (info.unackedSegments === 0 && info.notSentBytes === 0) return 'close';
  const isSilent = sinceFinMs >= SILENCE_MS && info.sinceLastAckMs >= SILENCE_MS;
  if (isSilent && isUnanswered(info)) return 'reset';
  return sinceFinMs >= LONGEST_MS ? 'reset' : 'wait';
}

/** There is no more time: what was repeated in vain goes with RST, the rest is left to the kernel. */
export function lastVerdict(info: TcpInfo): Exclude<LingerVerdict, 'wait'> {
  return isUnanswered(info) ? 'reset' : 'close';
}

function isUnanswered({ retransmits, probes }: TcpInfo): boolean {
  return retransmits > 0 || probes >= MIN_UNANSWERED_PROBES;
}
