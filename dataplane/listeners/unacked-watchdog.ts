// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { SocketOptions } from '../keepalive/socket-options.js';
import { createSweep, type Sweep } from '../keepalive/sweep.js';
import { emptyTcpInfo } from '../keepalive/tcp-info.js';
import {
  lookAtUnacked,
  postponeUnacked,
  type UnackedState,
  unackedLimitMs,
  unackedPeriodMs,
} from '../keepalive/unacked.js';
import { type Connection, type ConnectionGroup, resetConnection } from './connection.js';

export interface WatchdogOptions {
  readonly clock: Clock;
  readonly socketOptions: SocketOptions;
  /** The registry's dense array. */
  readonly connections: readonly Connection[];
  /** Groups that may have open connections. */
  readonly groups: () => Iterable<ConnectionGroup>;
}

/** A tick later than this saw a loop that was blocked: nothing may be concluded from that time. */
const LATE_MS = 100;

/**
 * Finds peers that died with data in flight, which TCP keepalive does not see. Sockets that wrote since they were
 * last seen clean are looked at (TCP_INFO, 1.2 µs) every twentieth of their limit; for the others it costs a
 * comparison of bytes written, and a request nothing at all.
 */
export class UnackedWatchdog {
  readonly #options: WatchdogOptions;
  readonly #sweep: Sweep;
  readonly #suspects = new Map<Connection, UnackedState>();
  readonly #info = emptyTcpInfo();
  /** Groups whose turn it is in the sweep under way. */
  readonly #turn = new Set<ConnectionGroup>();
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#sweep = createSweep({
      items: options.connections,
      visit: (connection) => this.#visit(connection),
      monotonicMs: () => options.clock.monotonicMs(),
      nextTurn: (task) => void setImmediate(task),
      onDone: () => this.wakeAll(),
    });
  }

  /** A connection came: its group may have been empty until now. */
  wake(group: ConnectionGroup): void {
    if (!isWatched(group)) return;
    const nowMs = this.#options.clock.monotonicMs();
    // Sooner than planned where a shorter limit has come.
    group.watchMs = Math.min(group.watchMs, nowMs + periodOf(group));
    const dueMs = Math.max(group.watchMs, nowMs);
    if (this.#dueMs <= dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = this.#options.clock.after(dueMs - nowMs, () => this.#tick());
  }

  /** Values have changed. */
  wakeAll(): void {
    for (const group of this.#options.groups()) this.wake(group);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#suspects.clear();
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const lateMs = nowMs - this.#dueMs;
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#turn.clear();
    for (const group of this.#options.groups()) {
      if (!isWatched(group) || group.watchMs > nowMs) continue;
      this.#turn.add(group);
      group.watchMs = nowMs + periodOf(group);
    }
    for (const [connection, state] of this.#suspects) {
      if (connection.index === -1) this.#suspects.delete(connection);
      else if (lateMs > LATE_MS) this.#suspects.set(connection, postponeUnacked(state, lateMs));
    }
    this.#sweep.restart();
  }

  #visit(connection: Connection): void {
    const { group, handle, socket } = connection;
    if (!this.#turn.has(group)) return;
    const written = handle.bytesWritten;
    // A FIN is owed an acknowledgement too, and no byte written tells of it.
    if (written === connection.ackedBytes && !socket.writableEnded) return;
    const { fd } = handle;
    if (fd < 0 || !this.#options.socketOptions.readTcpInfo(fd, this.#info)) return;
    const verdict = lookAtUnacked(this.#suspects.get(connection), {
      info: this.#info,
      nowMs: this.#options.clock.monotonicMs(),
      limitMs: unackedLimitMs(group.target),
    });
    if (verdict.name === 'pending') {
      this.#suspects.set(connection, verdict.state);
      return;
    }
    this.#suspects.delete(connection);
    if (verdict.name === 'clean') connection.ackedBytes = written;
    else resetConnection(connection, 'tcp_unacked');
  }
}

function isWatched({ target, open }: ConnectionGroup): boolean {
  return target.enabled && open > 0;
}

function periodOf({ target }: ConnectionGroup): number {
  return unackedPeriodMs(unackedLimitMs(target));
}
