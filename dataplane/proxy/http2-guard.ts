// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../shared/time/clock.js';
import { type Connection, resetConnection } from '../listeners/connection.js';
import { Http2Budget } from './http2-budget.js';
import type { Http2SessionPort } from './http2-session-port.js';

export interface GuardParts {
  readonly connection: Connection;
  readonly session: Pick<Http2SessionPort, 'abandon' | 'unreadBytes'>;
  readonly clock: Clock;
  /** The connection is to be ended gracefully; called more than once. */
  readonly onWorn: () => void;
}

/** Ends the connection of a peer that spends more than its budget: GOAWAY ENHANCE_YOUR_CALM, then reset, cause `limit`. */
export class Http2Guard {
  readonly #parts: GuardParts;
  readonly #budget = new Http2Budget();

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  pingReceived(): void {
    const { socket } = this.#parts.connection;
    this.#check(this.#budget.ping(this.#nowMs(), () => socket.bytesWritten));
  }

  settingsReceived(): void {
    this.#check(this.#budget.settings(this.#nowMs()));
  }

  requestReceived(): void {
    this.#budget.explainRequest(this.#parts.connection.group.http?.http2MaxHeaderListBytes ?? 0);
  }

  bodyReceived(bytes: number): void {
    this.#budget.explainBody(bytes);
  }

  /** A request ended before its answer was complete, and not by us; what had come of its body may never be read. */
  requestBroken(hasBody: boolean): void {
    const { connection } = this.#parts;
    // All that run break when the connection ends: nobody's budget.
    if (connection.state === 'closing' || connection.socket.destroyed) return;
    if (hasBody) this.#budget.explainBody(connection.group.http?.http2WindowBytes ?? 0);
    const verdict = this.#budget.reset(this.#nowMs());
    if (verdict === 'worn') this.#parts.onWorn();
    this.#check(verdict !== 'spent');
  }

  /** Whether requests are to begin only when what arrived together with them has been read. */
  get isWary(): boolean {
    return this.#budget.isWary(this.#nowMs());
  }

  /** Counts what came for nothing since the last look. */
  look(nowMs: number): void {
    const { connection, session } = this.#parts;
    const { bytesRead, bytesWritten } = connection.socket;
    const bytesUnread = session.unreadBytes();
    this.#check(this.#budget.look(nowMs, { bytesRead, bytesWritten, bytesUnread }));
  }

  #check(isAffordable: boolean): void {
    const { connection, session } = this.#parts;
    if (isAffordable || connection.state === 'closing') return;
    connection.cause ??= 'limit';
    connection.state = 'closing';
    session.abandon('flood', () => resetConnection(connection, 'limit'));
  }

  #nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }
}
