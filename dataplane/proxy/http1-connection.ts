// SPDX-License-Identifier: Apache-2.0

import type { HttpSettings } from '../engine/plan.js';
import type { CloseCause } from '../engine/report.js';
import { ageDueMs, ageFloorMs, idleDueMs, idleFloorMs } from '../keepalive/deadlines.js';
import {
  type Connection,
  type ConnectionDriver,
  endConnection,
  type RetireRequest,
} from '../listeners/connection.js';
import type { ConnectionContext } from './connection-context.js';

const NEVER = Number.POSITIVE_INFINITY;
/** Bytes younger than this belong to a request that is arriving while its deadline fires. */
const ARRIVING_MS = 1000;

/**
 * The life of one HTTP/1 connection, from accept on (also while its first bytes are awaited): when it
 * is idle, when it may be closed, and with which answer it ends. Holds no type of a server library.
 */
export class Http1Connection implements ConnectionDriver {
  /** Set: the response now being made, or the next one, says `Connection: close`. */
  closing: CloseCause | undefined;
  readonly #connection: Connection;
  readonly #context: ConnectionContext;
  #running = 0;
  #idleSinceMs: number;
  #idleFloorMs = 0;
  #ageFloorMs = 0;
  #graceUsed = false;

  constructor(connection: Connection, context: ConnectionContext) {
    this.#connection = connection;
    this.#context = context;
    this.#idleSinceMs = connection.bornMs;
    context.registry.schedule(connection, this.#nextDueMs());
  }

  requestStarted(): void {
    this.#running += 1;
    this.#connection.state = 'busy';
  }

  /** The response was handed to the kernel, or will never be. */
  requestEnded(): void {
    this.#running -= 1;
    if (this.#running > 0 || this.#connection.state !== 'busy') return;
    this.#connection.state = 'idle';
    this.#idleSinceMs = this.#context.clock.monotonicMs();
    this.#graceUsed = false;
    this.#context.registry.setDeferred(this.#connection, false);
    this.#context.registry.schedule(this.#connection, this.#nextDueMs());
  }

  /** From here on bytes are passed through: no HTTP deadline applies any more. */
  upgraded(): void {
    this.#connection.state = 'upgraded';
    this.#connection.protocol = 'websocket';
  }

  onDeadline(nowMs: number): number {
    const { state } = this.#connection;
    if (state === 'upgraded' || state === 'closing') return NEVER;
    if (nowMs >= this.#ageDueMs()) return this.#onOverAge();
    if (state === 'idle' && nowMs >= this.#idleDueMs()) return this.#onIdleTooLong(nowMs);
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
    if (request.closeIdle && this.#connection.state === 'idle') {
      endConnection(this.#connection, request.cause);
    }
  }

  #onOverAge(): number {
    this.retire({ cause: 'max_age', closeIdle: true });
    // A request that runs may take as long as it needs; its response closes the connection.
    return NEVER;
  }

  /** A head that is arriving at this moment gets one reprieve; a slow one does not get a second. */
  #onIdleTooLong(nowMs: number): number {
    const sinceLastByteMs = this.#context.socketOptions.sinceLastByteMs(this.#connection.handle.fd);
    const arrivedAtMs = nowMs - sinceLastByteMs;
    const arriving = sinceLastByteMs >= 0 && sinceLastByteMs < ARRIVING_MS;
    if (arriving && arrivedAtMs > this.#idleSinceMs && !this.#graceUsed) {
      this.#graceUsed = true;
      return nowMs + ARRIVING_MS;
    }
    endConnection(this.#connection, 'http1_idle');
    return NEVER;
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
    if (state === 'upgraded' || state === 'closing') return NEVER;
    return Math.min(this.#ageDueMs(), state === 'idle' ? this.#idleDueMs() : NEVER);
  }
}
