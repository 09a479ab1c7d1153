// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { quantile } from '../support/statistics.js';

/**
 * `load-main PORT RATE`: sends requests at a steady rate over kept connections to 127.0.0.1:PORT and notes how long each took from
 * the moment it was due. A line `window MS` prints, MS later, one line of JSON about the requests that were due meanwhile.
 */
const CONNECTIONS = 64;
const REQUEST = 'GET / HTTP/1.1\r\nhost: bench\r\n\r\n';
const BODY_BYTES = 1024;
const TICK_MS = 1;
/** Requests of a window that take longer are counted as this. */
const LATEST_MS = 500;

interface Pending {
  readonly dueMs: number;
  readonly window: Window | undefined;
}

class Window {
  readonly #latencies: number[] = [];
  sent = 0;
  failed = 0;

  note(latencyMs: number): void {
    this.#latencies.push(latencyMs);
  }

  summary(): object {
    const unanswered = this.sent - this.#latencies.length;
    const all = [...this.#latencies, ...new Array<number>(unanswered).fill(LATEST_MS)];
    const [p50, p99, max] = [0.5, 0.99, 1].map((share) => quantile(all, share));
    return { sent: this.sent, failed: this.failed, p50, p99, max };
  }
}

let current: Window | undefined;

class Lane {
  readonly #socket: Socket;
  readonly #pending: Pending[] = [];
  #bytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  get idle(): boolean {
    return this.#pending.length === 0;
  }

  send(dueMs: number): void {
    if (current !== undefined) current.sent += 1;
    this.#pending.push({ dueMs, window: current });
    this.#socket.write(REQUEST);
  }

  /** One request is outstanding at most: what comes belongs to it. */
  #receive(chunk: Buffer): void {
    const [pending] = this.#pending;
    if (pending === undefined) return;
    if (this.#bytes === 0 && chunk.toString('latin1', 9, 12) !== '200') {
      if (pending.window !== undefined) pending.window.failed += 1;
    }
    this.#bytes += chunk.length;
    if (this.#bytes <= BODY_BYTES) return;
    this.#bytes = 0;
    this.#pending.shift();
    pending.window?.note(performance.now() - pending.dueMs);
  }
}

async function openLane(port: number): Promise<Lane> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return new Lane(socket);
}

async function main(port: number, rate: number): Promise<void> {
  const lanes = await Promise.all(Array.from({ length: CONNECTIONS }, () => openLane(port)));
  const startMs = performance.now();
  let sent = 0;
  let next = 0;
  setInterval(() => {
    const nowMs = performance.now();
    for (; startMs + (sent * 1000) / rate <= nowMs; sent += 1) {
      // A rate above what the other side can do would find no idle lane: the request is late then, and counted so.
      let lane = lanes[next % CONNECTIONS] as Lane;
      for (let tries = 0; tries < CONNECTIONS && !lane.idle; tries += 1) {
        next += 1;
        lane = lanes[next % CONNECTIONS] as Lane;
      }
      if (!lane.idle) return;
      next += 1;
      lane.send(startMs + (sent * 1000) / rate);
    }
  }, TICK_MS);
  console.log('started');
  for await (const line of createInterface({ input: process.stdin })) {
    const window = new Window();
    current = window;
    await new Promise((resolve) => setTimeout(resolve, Number(line.split(' ')[1])));
    current = undefined;
    await new Promise((resolve) => setTimeout(resolve, LATEST_MS / 5));
    console.log(JSON.stringify(window.summary()));
  }
  process.exit(0);
}

await main(Number(process.argv[2]), Number(process.argv[3]));
