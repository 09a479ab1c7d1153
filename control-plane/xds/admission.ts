// SPDX-License-Identifier: Apache-2.0
import { Metadata } from '@grpc/grpc-js';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import {
  fillBucket,
  type Rate,
  type TokenBucket,
  waitForTokenMs,
} from '../../shared/time/token-bucket.js';
import type { RawStream } from '../auth/rpc-guard.js';
import { endCall } from './end-call.js';

export interface AdmissionLimits {
  /**
   * New streams whose first message is read, a second. Default 1,000 with a burst of 200: a fleet of 1,000 workers is in
   * within a second, and two cores that need a few milliseconds for a first answer of ordinary size still serve ACKs.
   */
  readonly rate: Rate;
  /** Streams that may wait for their turn; default 5,000, five seconds' worth. Those beyond are refused with a hint. */
  readonly maxWaiting: number;
  /**
   * How long a stream that was let in may take to say who it is, milliseconds; default 10 s. Every known client sends its
   * first request together with the headers, so this is ten seconds for a lost packet.
   */
  readonly firstMessageMs: number;
  /**
   * After how long a stream is asked to connect anew, milliseconds; 0 = never, the default here. It is ended later than
   * that, by 10 to 30 percent: gRPC's own GOAWAY at this age ± 10 percent has come before, so the next stream takes a new
   * connection, and workers that came together go one by one.
   */
  readonly maxAgeMs: number;
}

const DEFAULTS: AdmissionLimits = {
  rate: { perSecond: 1_000, burst: 200 },
  maxWaiting: 5_000,
  firstMessageMs: 10_000,
  maxAgeMs: 0,
};

/** A turn of the queue at least, milliseconds: between two of them everything else is served, ACKs first of all. */
const TURN_MS = 5;
const MIN_RETRY_MS = 1_000;
const RETRY_SPREAD_MS = 4_000;
/** gRPC retry design (A6): clients that retry by themselves wait this long; others back off as they always do. */
const PUSHBACK = 'grpc-retry-pushback-ms';

export interface AdmissionOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** What is absent keeps its default. */
  readonly limits?: Partial<AdmissionLimits>;
}

interface Waiting {
  readonly call: RawStream;
  readonly open: () => void;
}

/** Lets streams in one after the other, first come, first served, before anything of theirs is read. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #limits: AdmissionLimits;
  readonly #waiting = new Set<Waiting>();
  #bucket: TokenBucket;
  #turn: Timer | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULTS, ...options.limits };
    this.#bucket = { tokens: this.#limits.rate.burst, atMs: options.clock.monotonicMs() };
  }

  /** Streams that wait now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Calls `open` at once or in its turn; `open` reads the call's messages and must not throw. */
  admit(call: RawStream, open: () => void): void {
    if (this.#waiting.size === 0 && this.#takeToken()) {
      this.#letIn({ call, open });
      return;
    }
    if (this.#waiting.size >= this.#limits.maxWaiting) {
      this.#refuse(call);
      return;
    }
    const waiting = { call, open };
    this.#waiting.add(waiting);
    call.on('cancelled', () => this.#waiting.delete(waiting));
    this.#armTurn();
  }

  /** Nobody is let in any more. */
  stop(): void {
    this.#turn?.cancel();
    const error = new HeartlineError('UNAVAILABLE', 'the control plane is shutting down');
    for (const { call } of this.#waiting) endCall(call, error, this.#options.clock);
    this.#waiting.clear();
  }

  #takeToken(): boolean {
    const { rate } = this.#limits;
    this.#bucket = fillBucket(this.#bucket, rate, this.#options.clock.monotonicMs());
    if (waitForTokenMs(this.#bucket, rate) > 0) return false;
    this.#bucket = { ...this.#bucket, tokens: this.#bucket.tokens - 1 };
    return true;
  }

  #armTurn(): void {
    const waitMs = Math.max(TURN_MS, waitForTokenMs(this.#bucket, this.#limits.rate));
    this.#turn ??= this.#options.clock.after(waitMs, () => this.#takeTurn());
  }

  #takeTurn(): void {
    this.#turn = undefined;
    for (const waiting of this.#waiting) {
      if (!this.#takeToken()) break;
      this.#waiting.delete(waiting);
      this.#letIn(waiting);
    }
    if (this.#waiting.size > 0) this.#armTurn();
  }

  #letIn({ call, open }: Waiting): void {
    const { clock, random } = this.#options;
    const { firstMessageMs, maxAgeMs } = this.#limits;
    open();
    const timers = [
      clock.after(firstMessageMs, () => this.#endSilent(call)),
      ...(maxAgeMs > 0
        ? [clock.after(maxAgeMs * (1.1 + 0.2 * random()), () => this.#endOld(call))]
        : []),
    ];
    call.once('data', () => timers[0]?.cancel());
    call.once('close', () => {
      for (const timer of timers) timer.cancel();
    });
  }

  #endSilent(call: RawStream): void {
    const message = `the stream sent no request within ${this.#limits.firstMessageMs / 1_000} s; open one when there is something to ask`;
    // What comes from now on is nobody's.
    call.removeAllListeners('data');
    endCall(call, new HeartlineError('TIMEOUT', message), this.#options.clock);
  }

  /** The words by which clients of the reference's kind know a polite goodbye, and come back after 10 ms (reference §1.3). */
  #endOld(call: RawStream): void {
    const message = 'maximum connection age: connect again, received prior goaway';
    endCall(call, new HeartlineError('UNAVAILABLE', message), this.#options.clock);
  }

  #refuse(call: RawStream): void {
    const metadata = new Metadata();
    const retryMs = Math.round(MIN_RETRY_MS + RETRY_SPREAD_MS * this.#options.random());
    metadata.set(PUSHBACK, String(retryMs));
    const message = `${this.#limits.maxWaiting} workers wait to be let in already; try again in ${retryMs} ms`;
    endCall(call, new HeartlineError('UNAVAILABLE', message), this.#options.clock, metadata);
  }
}
