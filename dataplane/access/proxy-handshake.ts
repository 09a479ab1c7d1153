// SPDX-License-Identifier: Apache-2.0
import type { ProxyProtocolPlan } from '../engine/plan.js';
import {
  type Connection,
  type ConnectionDriver,
  endConnection,
  type RetireRequest,
  resetConnection,
} from '../listeners/connection.js';
import { formatAddress } from '../listeners/connection-query.js';
import type { ConnectionRegistry } from '../listeners/registry.js';
import { type ProxiedEnds, readProxyHeader } from './proxy-header.js';

export interface ProxyHandshakeOptions {
  readonly proxyProtocol: ProxyProtocolPlan;
  /** From accept to the end of the header, milliseconds. */
  readonly handshakeMs: number;
  readonly registry: Pick<ConnectionRegistry, 'schedule'>;
  /** Called once, with the ends that the header names; the socket is paused and what followed the header is back in it. */
  readonly done: (ends: ProxiedEnds | undefined) => void;
}

const NEVER = Number.POSITIVE_INFINITY;

/** Reads the PROXY header of a connection before anybody else reads from it. Nothing is answered to a broken one. */
export class ProxyHandshake implements ConnectionDriver {
  readonly #connection: Connection;
  readonly #options: ProxyHandshakeOptions;
  readonly #dueMs: number;
  #seen: Buffer | undefined;
  #retired: RetireRequest | undefined;

  constructor(connection: Connection, options: ProxyHandshakeOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#dueMs = connection.bornMs + options.handshakeMs;
  }

  start(): void {
    const { socket } = this.#connection;
    this.#connection.driver = this;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    this.#options.registry.schedule(this.#connection, this.#dueMs);
  }

  onDeadline(nowMs: number): number {
    if (this.#connection.state === 'closing') return NEVER;
    if (nowMs < this.#dueMs) return this.#dueMs;
    // A client that speaks first has spoken by now; one that waits for the server has no header to send.
    if (this.#options.proxyProtocol.mode === 'optional' && this.#seen === undefined) {
      this.#finish(0, undefined);
    } else {
      resetConnection(this.#connection, 'handshake');
    }
    return NEVER;
  }

  onSettings(): number {
    return this.#dueMs;
  }

  /** What it asked for may be on its way behind the header, so the next reader gets to answer it, and to end it. */
  retire(request: RetireRequest): void {
    if (request.closeIdle) endConnection(this.#connection, request.cause);
    else this.#retired ??= request;
  }

  readonly #onData = (chunk: Buffer): void => {
    const seen = this.#seen === undefined ? chunk : Buffer.concat([this.#seen, chunk]);
    this.#seen = seen;
    const { mode, versions } = this.#options.proxyProtocol;
    const reading = readProxyHeader(seen, versions);
    if (reading.kind === 'more') return;
    if (reading.kind === 'header') this.#finish(reading.length, reading.ends);
    else if (reading.kind === 'none' && mode === 'optional') this.#finish(0, undefined);
    else this.#refuse();
  };

  readonly #onEnd = (): void => {
    // Balancers and monitors that only connect are no broken handshake.
    if (this.#seen === undefined) endConnection(this.#connection, 'client');
    else this.#refuse();
  };

  #refuse(): void {
    this.#stop();
    resetConnection(this.#connection, 'handshake');
  }

  #finish(headerBytes: number, ends: ProxiedEnds | undefined): void {
    this.#stop();
    const { socket } = this.#connection;
    const rest = this.#seen?.subarray(headerBytes);
    // Paused before the bytes go back: flowing, they would be lost before the next reader is there.
    socket.pause();
    if (rest !== undefined && rest.length > 0) socket.unshift(rest);
    this.#connection.driver = undefined;
    if (ends !== undefined) {
      this.#connection.client = formatAddress(ends.source.address, ends.source.port);
    }
    this.#options.done(ends);
    const retired = this.#retired;
    if (retired !== undefined) driverOf(this.#connection)?.retire(retired);
  }

  #stop(): void {
    const { socket } = this.#connection;
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
  }
}

/** A function, because the compiler still believes in the value that was written before `done`. */
function driverOf({ driver }: Connection): ConnectionDriver | undefined {
  return driver;
}
