// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { DescriptorCalls } from '../keepalive/descriptor-calls.js';
import { lastVerdict, lingerVerdict } from '../keepalive/linger.js';
import type { SocketOptions } from '../keepalive/socket-options.js';
import { emptyTcpInfo } from '../keepalive/tcp-info.js';

export interface SocketCloserOptions {
  readonly clock: Clock;
  readonly socketOptions: SocketOptions;
  readonly calls: DescriptorCalls;
  /** A descriptor that was held for a closed socket is free. */
  readonly onReleased: () => void;
}

/** On loopback and in a data centre the FIN is acknowledged by then. */
const FIRST_LOOK_MS = 20;
const LOOK_MS = 250;
const HOLD = { holdsProcess: true };

/**
 * Ends sockets so that no orphan stays in the kernel, retrying for minutes. A live peer gets everything that was
 * written, and FIN; one that does not acknowledge it gets RST.
 */
export class SocketCloser {
  readonly #options: SocketCloserOptions;
  readonly #info = emptyTcpInfo();
  /** Descriptors of sockets that have sent FIN, by when. */
  readonly #lingering = new Map<number, number>();
  #timer: Timer | undefined;
  #idle: (() => void) | undefined;

  constructor(options: SocketCloserOptions) {
    this.#options = options;
  }

  /** Descriptors that are still held for closed sockets. */
  get size(): number {
    return this.#lingering.size;
  }

  /** With FIN, behind what the kernel holds of what was written. */
  close(socket: Socket, fd: number): void {
    const { clock, calls } = this.#options;
    const held = calls.finish(fd);
    socket.destroy();
    if (held < 0) return;
    this.#lingering.set(held, clock.monotonicMs());
    this.#timer ??= clock.after(FIRST_LOOK_MS, () => this.#look());
  }

  /** With RST, now. `destroy` after SO_LINGER instead of `resetAndDestroy`, which fails once FIN is under way. */
  reset(socket: Socket, fd: number): void {
    this.#options.calls.resetOnClose(fd);
    socket.destroy();
  }

  /** Settles when nothing lingers any more, after `graceMs` at the latest. */
  finish(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(graceMs, () => this.#endAll(), HOLD);
      this.#idle = () => {
        timer.cancel();
        resolve();
      };
      this.#look();
      if (this.#lingering.size === 0) this.#idle();
    });
  }

  #look(): void {
    const { clock, socketOptions } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const [fd, sinceMs] of this.#lingering) {
      const isReadable = socketOptions.readTcpInfo(fd, this.#info);
      const verdict = isReadable ? lingerVerdict(this.#info, nowMs - sinceMs) : 'close';
      if (verdict !== 'wait') this.#release(fd, verdict);
    }
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#lingering.size === 0) return;
    const pauseMs = this.#idle === undefined ? LOOK_MS : FIRST_LOOK_MS;
    this.#timer = clock.after(pauseMs, () => this.#look());
  }

  #endAll(): void {
    for (const fd of this.#lingering.keys()) {
      const isReadable = this.#options.socketOptions.readTcpInfo(fd, this.#info);
      this.#release(fd, isReadable ? lastVerdict(this.#info) : 'close');
    }
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #release(fd: number, verdict: 'close' | 'reset'): void {
    const { calls, onReleased } = this.#options;
    if (verdict === 'reset') calls.resetOnClose(fd);
    calls.release(fd);
    this.#lingering.delete(fd);
    onReleased();
    if (this.#lingering.size === 0) this.#idle?.();
  }
}
