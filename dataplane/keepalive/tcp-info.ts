// SPDX-License-Identifier: Apache-2.0

/** What the kernel says of one TCP socket (TCP_INFO in tcp(7); `struct tcp_info` in linux/tcp.h). */
export interface TcpInfo {
  /** Number of the state in include/net/tcp_states.h: 1 established, 8 close wait. */
  state: number;
  /** Retransmissions of the segment that is waited for, in a row. */
  retransmits: number;
  /** Keepalive or window probes without an answer. */
  probes: number;
  /** Segments that were sent and not acknowledged. */
  unackedSegments: number;
  /** Bytes that were written and not sent, for want of window or of a path. */
  notSentBytes: number;
  /** Smoothed round trip, milliseconds; of an idle connection that of its last data. */
  roundTripMs: number;
  roundTripVarianceMs: number;
  /** Wait before the next retransmission, milliseconds: doubled by each one that was in vain. */
  retransmitTimeoutMs: number;
  /** Since a segment with data left, milliseconds; retransmissions count, probes do not. */
  sinceLastSendMs: number;
  /** Since a byte arrived, milliseconds. */
  sinceLastByteMs: number;
  /** Since an acknowledgement arrived, milliseconds: of data, or the answer to a probe of either kind. */
  sinceLastAckMs: number;
}

export function emptyTcpInfo(): TcpInfo {
  return {
    state: 0,
    retransmits: 0,
    probes: 0,
    unackedSegments: 0,
    notSentBytes: 0,
    // Fractions from the start, so that the fields keep one representation.
    roundTripMs: 0.5,
    roundTripVarianceMs: 0.5,
    retransmitTimeoutMs: 0.5,
    sinceLastSendMs: 0,
    sinceLastByteMs: 0,
    sinceLastAckMs: 0,
  };
}

/** Name of a state as `ss` prints it; the number for one that is not known. */
export function tcpStateName(state: number): string {
  return STATE_NAMES[state] ?? String(state);
}

/** `TcpInfo.state` of a connection that was reset or is over. */
export const TCP_CLOSE = 7;
/** `TcpInfo.state` of one whose peer has finished sending. */
export const TCP_CLOSE_WAIT = 8;

/** include/net/tcp_states.h, by number. */
const STATE_NAMES: readonly (string | undefined)[] = [
  undefined,
  'ESTAB',
  'SYN-SENT',
  'SYN-RECV',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'UNCONN',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
];

// Places in `struct tcp_info`, the same on x64 and arm64: bytes first, then 32-bit words.
const STATE_BYTE = 0;
const RETRANSMITS_BYTE = 2;
const PROBES_BYTE = 3;
const RTO_WORD = 2;
const UNACKED_WORD = 6;
const LAST_DATA_SENT_WORD = 11;
const LAST_DATA_RECV_WORD = 13;
const LAST_ACK_RECV_WORD = 14;
const RTT_WORD = 17;
const RTTVAR_WORD = 18;
/** `tcpi_notsent_bytes`, since Linux 4.6. */
const NOTSENT_BYTES_WORD = 36;
/** Length to ask for. */
export const TCP_INFO_WORDS = NOTSENT_BYTES_WORD + 1;
const MICROSECONDS_PER_MS = 1000;

/** Reads the words of `struct tcp_info` into `into`; allocates nothing. */
export function decodeTcpInfo(words: Uint32Array, into: TcpInfo): void {
  const head = words[0] ?? 0;
  into.state = byteOf(head, STATE_BYTE);
  into.retransmits = byteOf(head, RETRANSMITS_BYTE);
  into.probes = byteOf(head, PROBES_BYTE);
  into.unackedSegments = words[UNACKED_WORD] ?? 0;
  into.notSentBytes = words[NOTSENT_BYTES_WORD] ?? 0;
  into.roundTripMs = (words[RTT_WORD] ?? 0) / MICROSECONDS_PER_MS;
  into.roundTripVarianceMs = (words[RTTVAR_WORD] ?? 0) / MICROSECONDS_PER_MS;
  into.retransmitTimeoutMs = (words[RTO_WORD] ?? 0) / MICROSECONDS_PER_MS;
  into.sinceLastSendMs = words[LAST_DATA_SENT_WORD] ?? 0;
  into.sinceLastByteMs = words[LAST_DATA_RECV_WORD] ?? 0;
  into.sinceLastAckMs = words[LAST_ACK_RECV_WORD] ?? 0;
}

/** x64 and arm64 put the first byte lowest. */
function byteOf(word: number, index: number): number {
  return (word >>> (8 * index)) & 0xff;
}
