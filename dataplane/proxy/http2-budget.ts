// SPDX-License-Identifier: Apache-2.0
import { fillBucket, type Rate, type TokenBucket } from '../../shared/time/token-bucket.js';

/**
 * What an HTTP/2 peer makes a server do without asking for anything (CVE-2019-9512, -9515, CVE-2023-44487):
 * `ping` and `settings` want an answer each; `reset` is a request that the peer takes back, or breaks, before its answer is
 * complete; `noise` are bytes that are neither a request nor its body, whatever frames they are.
 */
export type Spending = 'ping' | 'settings' | 'reset' | 'noise';

/**
 * What a peer may spend. Each is far above what clients do and far below what costs this process a noticeable part of its time:
 * a browser takes back the 100 requests of a page at once, a busy gRPC client 5 % of 1,000 requests a second; SETTINGS
 * come once or twice in the life of a connection.
 */
export const BUDGET: Readonly<Record<Spending, Rate>> = {
  ping: { burst: 500, perSecond: 100 },
  settings: { burst: 100, perSecond: 10 },
  reset: { burst: 500, perSecond: 100 },
  noise: { burst: 1024 * 1024, perSecond: 64 * 1024 },
};

/**
 * Clients that measure the path send a PING for every round trip while they receive (gRPC's bandwidth estimation): each of
 * these many bytes that we sent pays for one.
 */
const BYTES_PER_PING = 1024;
/** After so many requests taken back, those that follow begin only when what arrived with them has been read. */
const WARY_AFTER_RESETS = 20;
/** What one DATA frame may cost besides what it carries: its header and the most padding (RFC 9113 §6.1). */
const FRAME_OVERHEAD_BYTES = 9 + 256;

/** A connection at one moment. */
export interface Totals {
  /** Since it began. */
  readonly bytesRead: number;
  /** Since it began. */
  readonly bytesWritten: number;
  /** DATA that has arrived and waits for a reader. */
  readonly bytesUnread: number;
}

/**
 * A little less than what nghttp2 allows by itself, 1,000 and 33 a second; Node 20 has no say in it. Beyond, it ends the session with
 * INTERNAL_ERROR, for which some clients give up everything that runs: so an honest one with many cancellations gets
 * a graceful end before.
 */
const WEAR: Rate = { burst: 900, perSecond: 30 };

/** What follows from a request that was taken back: nothing, a graceful end of the connection, or an end at once. */
export type Verdict = 'fine' | 'worn' | 'spent';

/** One peer's budget. Nothing is kept for what it never spends. */
export class Http2Budget {
  readonly #buckets = new Map<Spending, TokenBucket>();
  #wear: TokenBucket | undefined;
  /** What bytes read since the last look are known to be. */
  #explainedBytes = 0;
  #readBefore = 0;
  #writtenBefore = 0;
  #writtenAtPing = 0;

  /** A PING of the peer; false when it is one too many. */
  ping(nowMs: number, bytesWritten: () => number): boolean {
    if (this.#spend('ping', 1, nowMs)) return true;
    const written = bytesWritten();
    const earned = Math.floor((written - this.#writtenAtPing) / BYTES_PER_PING);
    if (earned < 1) return false;
    this.#writtenAtPing = written;
    this.#earn('ping', earned - 1);
    return true;
  }

  settings(nowMs: number): boolean {
    return this.#spend('settings', 1, nowMs);
  }

  reset(nowMs: number): Verdict {
    const worn = fillBucket(this.#wear ?? { tokens: WEAR.burst, atMs: nowMs }, WEAR, nowMs);
    this.#wear = { tokens: Math.max(0, worn.tokens - 1), atMs: nowMs };
    if (!this.#spend('reset', 1, nowMs)) return 'spent';
    return worn.tokens >= 1 ? 'fine' : 'worn';
  }

  /** Whether this peer has lately taken back so much that its requests are to wait for the end of what was read. */
  isWary(nowMs: number): boolean {
    const bucket = this.#buckets.get('reset');
    if (bucket === undefined) return false;
    return BUDGET.reset.burst - fillBucket(bucket, BUDGET.reset, nowMs).tokens > WARY_AFTER_RESETS;
  }

  /** A request's head and trailers, in whatever encoding. */
  explainRequest(maxHeaderListBytes: number): void {
    this.#explainedBytes += 2 * maxHeaderListBytes;
  }

  /** One frame of a body. */
  explainBody(bytes: number): void {
    this.#explainedBytes += bytes + FRAME_OVERHEAD_BYTES;
  }

  /** A look at the totals; false when too much of what came was for nothing. */
  look(nowMs: number, { bytesRead, bytesWritten, bytesUnread }: Totals): boolean {
    // Window updates and acknowledgements answer what we sent.
    const answering = bytesWritten - this.#writtenBefore;
    const noise = bytesRead - this.#readBefore - this.#explainedBytes - answering - bytesUnread;
    this.#readBefore = bytesRead;
    this.#writtenBefore = bytesWritten;
    this.#explainedBytes = 0;
    return noise <= 0 || this.#spend('noise', noise, nowMs);
  }

  #spend(what: Spending, amount: number, nowMs: number): boolean {
    const rate = BUDGET[what];
    const before = this.#buckets.get(what);
    const tokens = before === undefined ? rate.burst : fillBucket(before, rate, nowMs).tokens;
    this.#buckets.set(what, { tokens: Math.max(0, tokens - amount), atMs: nowMs });
    return tokens >= amount;
  }

  #earn(what: Spending, amount: number): void {
    const bucket = this.#buckets.get(what);
    if (bucket === undefined) return;
    const tokens = Math.min(BUDGET[what].burst, bucket.tokens + amount);
    this.#buckets.set(what, { tokens, atMs: bucket.atMs });
  }
}
