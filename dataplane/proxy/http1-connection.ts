// SPDX-License-Identifier: Apache-2.0
import type { HttpSettings } from '../engine/plan.js';
import type { CloseCause } from '../engine/report.js';
import { ageDueMs, ageFloorMs, idleDueMs, idleFloorMs } from '../keepalive/deadlines.js';
import {
  type Connection,
  type ConnectionDriver,
  endConnection,
  type RetireRequest,
  resetConnection,
} from '../listeners/connection.js';
import { type Arrival, BodyWatch, HeadWatch } from './arrival-watch.js';
import type { ConnectionContext } from './connection-context.js';
import { countStatus } from './http-traffic.js';
import { refusalText } from './raw-answer.js';

const NEVER = Number.POSITIVE_INFINITY;
/** Bytes younger than this belong to a request that is arriving while its deadline fires. */
const ARRIVING_MS = 1000;
/**
 * Requests of one connection that may wait for the answers before them; the last of them is answered with
 * `Connection: close`. As many as a client may have in an HTTP/2 session.
 */
const MAX_WAITING = 100;

/** A request whose answer is not complete. */
export interface RunningRequest {
  /** Its body; undefined when it has none. */
  readonly arriving: ArrivingBody | undefined;
  /** Every request before it is answered. */
  start(): void;
}

/** The body of a request on its way to us. */
export interface ArrivingBody {
  /** All of it is here. */
  readonly complete: boolean;
  /** Whether reading was held back at some time since this was asked last. */
  wasHeld(): boolean;
  /** The rest will not come: answers `status` when no answer began, breaks off otherwise. */
  refuse(status: number): void;
}

export interface Http1Context extends ConnectionContext {
  /** A request came after we had closed an idle connection, before the client could know. */
  readonly onCrossed: () => void;
}

/**
 * The life of one HTTP/1 connection, from accept on (also while its first bytes are awaited): when it
 * is idle, in which order its requests run, when it may be closed, and with which answer it ends. Holds no type of a
 * server library.
 */
export class Http1Connection implements ConnectionDriver {
  /** Set: the newest request's answer, or the next one, says `Connection: close`. */
  closing: CloseCause | undefined;
  /** What still comes is not answered. */
  isDeaf = false;
  readonly #connection: Connection;
  readonly #context: Http1Context;
  readonly #head: HeadWatch;
  #body: BodyWatch | undefined;
  #newest: RunningRequest | undefined;
  #waiting: RunningRequest[] | undefined;
  #running = 0;
  #idleSinceMs: number;
  #idleFloorMs = 0;
  #ageFloorMs = 0;
  #graceUsed = false;
  #closeWhenIdle = false;
  /** When it ends for good: our last byte is written, or the rest of an unwanted body awaited. */
  #hardEndMs = NEVER;

  constructor(connection: Connection, context: Http1Context) {
    this.#connection = connection;
    this.#context = context;
    const { limits, registry } = context;
    this.#idleSinceMs = connection.bornMs;
    const { bytesRead } = connection.socket;
    this.#head = new HeadWatch(limits.http1HeadMs, connection.bornMs, bytesRead);
    registry.schedule(connection, this.#nextDueMs());
  }

  get running(): number {
    return this.#running;
  }

  isNewest(request: RunningRequest): boolean {
    return this.#newest === request;
  }

  /** One at a time and in order: a client that sends many at once gets no more of the backends than others. */
  begin(request: RunningRequest): void {
    this.#running += 1;
    this.#newest = request;
    this.#connection.state = 'busy';
    if (request.arriving !== undefined) this.#watchBody();
    if (this.#running === 1) {
      request.start();
      return;
    }
    this.#waiting ??= [];
    this.#waiting.push(request);
    if (this.#waiting.length < MAX_WAITING) return;
    this.closing ??= 'limit';
    this.isDeaf = true;
  }

  /** The answer was handed to the kernel, or will never be. */
  ended(): void {
    this.#running -= 1;
    if (this.#connection.state !== 'busy') return;
    const next = this.#waiting?.shift();
    if (next !== undefined) {
      next.start();
      return;
    }
    if (this.#running > 0) return;
    this.#newest = undefined;
    this.#body = undefined;
    this.#becomeIdle();
  }

  /** The answer is complete and the request is not: the rest is read for a while, so that the connection can go on. */
  awaitRest(): void {
    const { clock, limits, registry } = this.#context;
    this.#hardEndMs = clock.monotonicMs() + limits.http1LingerMs;
    registry.schedule(this.#connection, this.#hardEndMs);
  }

  /** The rest came. */
  restCame(): void {
    this.#hardEndMs = NEVER;
    this.ended();
  }

  /** From here on bytes are passed through: no HTTP deadline applies any more. */
  upgraded(): void {
    this.#connection.state = 'upgraded';
    this.#connection.protocol = 'websocket';
  }

  /** Bytes came that are no HTTP, or fewer than there should be. What was asked before them is still answered. */
  malformed(status: number, cause: CloseCause): void {
    if (this.#connection.state === 'closing' || this.isDeaf) return;
    this.isDeaf = true;
    this.closing ??= cause;
    if (this.#running === 0) {
      this.refuse(status);
      return;
    }
    const body = this.#newest?.arriving;
    if (body === undefined || body.complete) {
      this.#closeWhenIdle = true;
      this.#connection.socket.pause();
    } else if (this.#running === 1) {
      body.refuse(status);
    } else {
      endConnection(this.#connection, cause);
    }
  }

  /** Answers past any HTTP library, which must have nothing under way, and closes. */
  refuse(status: number, text = ''): void {
    const { group, socket } = this.#connection;
    countStatus(group.bind?.statuses, status);
    if (!socket.writable) {
      endConnection(this.#connection, this.closing ?? 'limit');
      return;
    }
    socket.write(refusalText(status, text), 'latin1');
    this.finish(this.closing ?? 'limit');
  }

  /**
   * Nothing more is written. It is still read for a moment: closed with bytes unread, the kernel would send a reset, which
   * can overtake our last answer (RFC 9112 §9.6).
   */
  finish(cause: CloseCause | undefined): void {
    const { clock, limits, registry } = this.#context;
    const connection = this.#connection;
    connection.cause ??= cause;
    connection.state = 'closing';
    connection.socket.end();
    connection.socket.resume();
    this.#hardEndMs = clock.monotonicMs() + limits.http1LingerMs;
    registry.schedule(connection, this.#hardEndMs);
  }

  /** A request arrived on a connection that is being closed. */
  requestAfterEnd(): void {
    const { cause } = this.#connection;
    // Behind a refused request, or after `Connection: close`: the client was told, or is being told.
    if (cause !== 'http1_idle' && cause !== 'max_age') return;
    this.#context.onCrossed();
    resetConnection(this.#connection, cause);
  }

  onDeadline(nowMs: number): number {
    const { state } = this.#connection;
    if (state === 'upgraded') return NEVER;
    if (nowMs >= this.#hardEndMs) this.#endHard();
    else if (nowMs >= this.#ageDueMs()) this.#onOverAge(nowMs);
    else if (state === 'busy') this.#checkBody(nowMs);
    else if (state === 'idle') this.#checkIdle(nowMs);
    return this.#nextDueMs();
  }

  onSettings(previous: HttpSettings, next: HttpSettings, nowMs: number): number {
    const { random, registry } = this.#context;
    if (this.#connection.state !== 'idle') registry.setDeferred(this.#connection, true);
    if (next.http1IdleTimeoutMs !== previous.http1IdleTimeoutMs) {
      this.#idleFloorMs = idleFloorMs(nowMs, random);
    }
    if (
      this.#isOverAge(nowMs) &&
      next.maxConnectionDurationMs !== previous.maxConnectionDurationMs
    ) {
      this.#ageFloorMs = ageFloorMs(nowMs, next.maxConnectionDurationMs, random);
    }
    return this.#nextDueMs();
  }

  retire(request: RetireRequest): void {
    if (this.#connection.state === 'upgraded') return;
    this.closing ??= request.cause;
    if (!request.closeIdle) return;
    this.#closeWhenIdle = true;
    if (this.#connection.state === 'idle') endConnection(this.#connection, request.cause);
  }

  #becomeIdle(): void {
    const { clock, registry } = this.#context;
    const connection = this.#connection;
    if (this.#closeWhenIdle) {
      this.finish(this.closing);
      return;
    }
    connection.state = 'idle';
    this.#idleSinceMs = clock.monotonicMs();
    this.#graceUsed = false;
    this.#head.restart(this.#idleSinceMs, connection.socket.bytesRead);
    registry.setDeferred(connection, false);
    registry.schedule(connection, this.#nextDueMs());
  }

  #endHard(): void {
    const isClosing = this.#connection.state === 'closing';
    endConnection(this.#connection, isClosing ? (this.closing ?? 'client') : 'limit');
  }

  #watchBody(): void {
    const { clock, limits, registry } = this.#context;
    this.#body = new BodyWatch(limits.http1BodyMs, clock.monotonicMs());
    registry.schedule(this.#connection, this.#body.dueMs);
  }

  #checkBody(nowMs: number): void {
    const body = this.#newest?.arriving;
    if (this.#body === undefined || body === undefined) return;
    if (body.complete) this.#body = undefined;
    else if (this.#body.isLate(this.#arrival(nowMs), body.wasHeld())) {
      this.isDeaf = true;
      this.closing ??= 'limit';
      body.refuse(408);
    }
  }

  /** A request that runs may take as long as it needs, and one that is arriving is answered; its response closes. */
  #onOverAge(nowMs: number): void {
    this.closing ??= 'max_age';
    if (this.#connection.state !== 'idle' || this.#isArriving(nowMs)) return;
    this.finish('max_age');
  }

  #checkIdle(nowMs: number): void {
    if (nowMs >= this.#idleDueMs()) this.#onIdleTooLong(nowMs);
    else if (nowMs >= this.#head.dueMs && this.#head.isLate(this.#arrival(nowMs))) {
      this.closing ??= 'limit';
      this.refuse(408, 'the request did not arrive in time');
    }
  }

  /** A head that is arriving at this moment gets one reprieve; a slow one does not get a second. */
  #onIdleTooLong(nowMs: number): void {
    if (this.#isArriving(nowMs) && !this.#graceUsed) {
      this.#graceUsed = true;
      this.#idleFloorMs = nowMs + ARRIVING_MS;
      return;
    }
    this.finish('http1_idle');
  }

  #isArriving(nowMs: number): boolean {
    const { lastByteMs } = this.#arrival(nowMs);
    return lastByteMs > nowMs - ARRIVING_MS && lastByteMs > this.#idleSinceMs;
  }

  /** The kernel knows of bytes that nobody has read yet. */
  #arrival(nowMs: number): Arrival {
    const { handle, socket } = this.#connection;
    const sinceLastByteMs = this.#context.socketOptions.sinceLastByteMs(handle.fd);
    const lastByteMs = sinceLastByteMs < 0 ? 0 : nowMs - sinceLastByteMs;
    return { nowMs, bytesRead: socket.bytesRead, lastByteMs };
  }

  get #settings(): HttpSettings | undefined {
    return this.#connection.group.http;
  }

  #isOverAge(nowMs: number): boolean {
    return nowMs >= ageDueMs(this.#connection.bornMs, this.#maxAgeMs, 0);
  }

  get #maxAgeMs(): number {
    return this.#settings?.maxConnectionDurationMs ?? 0;
  }

  #idleDueMs(): number {
    return idleDueMs(this.#idleSinceMs, this.#settings?.http1IdleTimeoutMs ?? 0, this.#idleFloorMs);
  }

  #ageDueMs(): number {
    if (this.closing !== undefined) return NEVER;
    return ageDueMs(this.#connection.bornMs, this.#maxAgeMs, this.#ageFloorMs);
  }

  #nextDueMs(): number {
    const { state } = this.#connection;
    if (state === 'upgraded') return NEVER;
    if (state === 'closing') return this.#hardEndMs;
    const dueMs = Math.min(this.#ageDueMs(), this.#hardEndMs);
    if (state === 'busy') return Math.min(dueMs, this.#body?.dueMs ?? NEVER);
    return Math.min(dueMs, this.#idleDueMs(), this.#head.dueMs);
  }
}
