// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../shared/time/clock.js';
import { createPacer, type Pacer } from '../keepalive/pacer.js';
import { DIFFERS, type SocketOptions } from '../keepalive/socket-options.js';
import { emptyTcpInfo } from '../keepalive/tcp-info.js';
import { type Connection, isInForce } from './connection.js';

export interface SocketValuesOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly socketOptions: SocketOptions;
  /** Sockets that a change may make probe at once, a second. */
  readonly probesPerSecond: number;
  readonly onChange: () => void;
}

/**
 * The keepalive values of connections: written, read back, and counted in their groups. A socket that was idle for
 * longer than the new time would probe the moment TCP_KEEPIDLE is written; of those, all but a few wait for their turn
 * and are `settling` until then.
 */
export class SocketValues {
  /** Sockets written since the start. */
  applied = 0;
  /** Connections that wait for their turn to probe. */
  settling = 0;
  readonly #options: SocketValuesOptions;
  readonly #pacer: Pacer<Connection>;
  readonly #info = emptyTcpInfo();

  constructor(options: SocketValuesOptions) {
    this.#options = options;
    const { clock, random, probesPerSecond } = options;
    this.#pacer = createPacer({
      clock,
      random,
      perSecond: probesPerSecond,
      onTurn: (connection) => this.#settle(connection),
    });
  }

  /** For a socket that probably inherited the right values: reads first, writes only when it must. */
  verifyOrBringInForce(connection: Connection): void {
    const { group, handle } = connection;
    const { fd } = handle;
    if (fd < 0) return;
    if (this.#options.socketOptions.verify(fd, group.target) === 0) this.#markVerified(connection);
    else this.bringInForce(connection);
  }

  /**
   * Writes the group's values and reads them back, for a socket that holds other ones; does nothing for
   * one that was verified with them, or that settles towards them.
   */
  bringInForce(connection: Connection): void {
    const { group, handle } = connection;
    if (isInForce(connection) || connection.paced === group.generation) return;
    const { fd } = handle;
    if (fd < 0) return;
    if (this.#wouldProbeNow(connection, fd) && !this.#pacer.takeTurn()) this.#pace(connection, fd);
    else this.#write(connection, fd);
  }

  /**
   * Reads a socket again. What another process changed is written at once; true when there was such a change. A socket
   * that refused its values gets another chance.
   */
  audit(connection: Connection): boolean {
    const { group, handle } = connection;
    const { fd } = handle;
    if (fd < 0 || connection.paced === group.generation) return false;
    if (!isInForce(connection)) {
      this.bringInForce(connection);
      return false;
    }
    if (this.#options.socketOptions.verify(fd, group.target) !== DIFFERS) return false;
    connection.verified = 0;
    group.inForce -= 1;
    this.bringInForce(connection);
    return true;
  }

  /** The connection is gone: takes it out of all counts. */
  forget(connection: Connection): void {
    if (isInForce(connection)) connection.group.inForce -= 1;
    this.#forgetRefusal(connection);
    this.#endSettling(connection);
  }

  stop(): void {
    this.#pacer.stop();
  }

  /**
   * The kernel counts idle time from the last byte or acknowledgement (net/ipv4/tcp.c, keepalive_time_elapsed). A
   * young connection is not asked: that keeps the common sweep free of another system call.
   */
  #wouldProbeNow({ group, bornMs }: Connection, fd: number): boolean {
    const { enabled, idleSeconds } = group.target;
    const idleMs = idleSeconds * 1000;
    if (!enabled || this.#options.clock.monotonicMs() - bornMs < idleMs) return false;
    const info = this.#info;
    if (!this.#options.socketOptions.readTcpInfo(fd, info)) return false;
    return Math.min(info.sinceLastByteMs, info.sinceLastAckMs) >= idleMs;
  }

  #write(connection: Connection, fd: number): void {
    const { socketOptions } = this.#options;
    const { target } = connection.group;
    this.#endSettling(connection);
    const errno = socketOptions.write(fd, target) || socketOptions.verify(fd, target);
    this.applied += 1;
    if (errno === 0) this.#markVerified(connection);
    else this.#markRefused(connection);
  }

  #pace(connection: Connection, fd: number): void {
    const { group } = connection;
    if (this.#options.socketOptions.writeAllButIdle(fd, group.target) !== 0) {
      this.#endSettling(connection);
      this.#markRefused(connection);
      return;
    }
    this.#forgetRefusal(connection);
    connection.paced = group.generation;
    if (connection.settling) return;
    connection.settling = true;
    this.settling += 1;
    this.#pacer.add(connection);
  }

  /** Its turn has come, unless it ended or got newer values meanwhile. */
  #settle(connection: Connection): void {
    if (!connection.settling) return;
    const { fd } = connection.handle;
    if (fd >= 0) this.#write(connection, fd);
    this.#options.onChange();
  }

  #endSettling(connection: Connection): void {
    connection.paced = 0;
    if (!connection.settling) return;
    connection.settling = false;
    this.settling -= 1;
  }

  #markVerified(connection: Connection): void {
    const { group } = connection;
    if (connection.refused !== 0) this.#forgetRefusal(connection);
    connection.verified = group.generation;
    group.inForce += 1;
  }

  #markRefused(connection: Connection): void {
    const { group } = connection;
    if (connection.refused === group.generation) return;
    connection.refused = group.generation;
    group.failed += 1;
  }

  #forgetRefusal(connection: Connection): void {
    if (connection.refused === connection.group.generation) connection.group.failed -= 1;
    connection.refused = 0;
  }
}
