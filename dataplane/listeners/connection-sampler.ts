// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { Statistics } from '../engine/statistics.js';
import type { SocketOptions } from '../keepalive/socket-options.js';
import { createSweep, type Sweep } from '../keepalive/sweep.js';
import { emptyTcpInfo } from '../keepalive/tcp-info.js';
import { type Connection, statisticsKey } from './connection.js';

export interface SamplerOptions {
  readonly clock: Clock;
  readonly connections: readonly Connection[];
  readonly socketOptions: SocketOptions;
  readonly statistics: Statistics;
  /** Runs a task in the next turn of the loop; `setImmediate` in production. */
  readonly nextTurn: (task: () => void) => void;
}

/** A usual scrape interval; 20,000 connections then cost 0.2 % of a core. */
const SAMPLE_EVERY_MS = 15_000;

/**
 * Visits every open connection now and then, in slices, for what nobody should have to note per request: round trip and bytes.
 */
export class ConnectionSampler {
  readonly #options: SamplerOptions;
  readonly #sweep: Sweep;
  readonly #info = emptyTcpInfo();
  #timer: Timer;

  constructor(options: SamplerOptions) {
    this.#options = options;
    const { clock, connections, nextTurn } = options;
    this.#sweep = createSweep({
      items: connections,
      visit: (connection) => this.#visit(connection),
      monotonicMs: () => clock.monotonicMs(),
      nextTurn,
      onDone: () => undefined,
    });
    this.#timer = this.#startTimer();
  }

  /** The last bytes of a connection that has closed. */
  onClosed(connection: Connection): void {
    this.#countBytes(connection);
  }

  stop(): void {
    this.#timer.cancel();
  }

  #startTimer(): Timer {
    return this.#options.clock.after(SAMPLE_EVERY_MS, () => {
      this.#sweep.restart();
      this.#timer = this.#startTimer();
    });
  }

  #visit(connection: Connection): void {
    this.#countBytes(connection);
    const { fd } = connection.handle;
    if (fd < 0 || !this.#options.socketOptions.readTcpInfo(fd, this.#info)) return;
    connection.sampledRoundTripMs = this.#info.roundTripMs;
    connection.sampledLastByteMs = this.#options.clock.monotonicMs() - this.#info.sinceLastByteMs;
    connection.sampledRead = connection.socket.bytesRead;
    const key = statisticsKey(connection);
    this.#options.statistics.of(key).tcpRoundTrips.add(this.#info.roundTripMs);
  }

  #countBytes(connection: Connection): void {
    const { bytesRead, bytesWritten } = connection.socket;
    const statistics = this.#options.statistics.of(statisticsKey(connection));
    statistics.bytesRead += bytesRead - connection.countedRead;
    statistics.bytesWritten += bytesWritten - connection.countedWritten;
    connection.countedRead = bytesRead;
    connection.countedWritten = bytesWritten;
  }
}
