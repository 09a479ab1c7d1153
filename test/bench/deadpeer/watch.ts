// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import { nowMs } from '../../support/machine-clock.js';
import { runIn } from '../../support/network-lab/namespaces.js';

/** When the near end heard of a peer for the last time, `nowMs`. */
export interface LastHeard {
  readonly byteMs: number;
  readonly ackMs: number;
}

const LOOK_EVERY_MS = 10;

/**
 * The kernel's connections of the near end, seen from outside with ss(8): the same eyes for every proxy. A look takes a few
 * milliseconds, and what is said here of a moment is true within that.
 */
export class SocketWatch {
  readonly #goneMs = new Map<number, number>();
  readonly #open = new Set<number>();
  #isOver = false;

  /** By port of the peer. */
  lastHeard(): ReadonlyMap<number, LastHeard> {
    const fromMs = nowMs();
    const text = runIn('near', 'ss', '-tniHO');
    const atMs = (fromMs + nowMs()) / 2;
    const heard = new Map<number, LastHeard>();
    for (const line of text.split('\n')) {
      const port = peerPortOf(line);
      const [, byte] = /lastrcv:(\d+)/.exec(line) ?? [];
      const [, ack] = /lastack:(\d+)/.exec(line) ?? [];
      // ss leaves out a time of 0.
      const [byteMs, ackMs] = [atMs - Number(byte ?? 0), atMs - Number(ack ?? 0)];
      if (port !== undefined) heard.set(port, { byteMs, ackMs });
    }
    return heard;
  }

  /** Looks again and again, until `stop`. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      const text = runIn('near', 'ss', '-tnH', 'state', 'connected', 'exclude', 'time-wait');
      const lookedMs = nowMs();
      const now = new Set<number>();
      for (const line of text.split('\n')) {
        const port = peerPortOf(line);
        if (port !== undefined) now.add(port);
      }
      for (const port of this.#open) if (!now.has(port)) this.#goneMs.set(port, lookedMs);
      this.#open.clear();
      for (const port of now) this.#open.add(port);
      await pause(LOOK_EVERY_MS);
    }
  }

  stop(): void {
    this.#isOver = true;
  }

  /** When the connection was missing for the first time; undefined while it is there. */
  goneMs(peerPort: number): number | undefined {
    return this.#goneMs.get(peerPort);
  }
}

/** ss prints state, queues, local and peer address, then the rest; with a state filter it leaves the state out. */
function peerPortOf(line: string): number | undefined {
  const addresses = line.match(/\S+:\d+(?=\s|$)/g) ?? [];
  const [, peer] = addresses;
  return peer === undefined ? undefined : Number(peer.slice(peer.lastIndexOf(':') + 1));
}
