// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * HTTP/1.1 load on keepalive connections to 127.0.0.1:PORT. Lines in, one line out each:
 * `capacity SECONDS` → requests per second of a closed loop; `start RATE` → `started` (open loop, requests
 * per second over all connections); `stop` → JSON {sent, answered, failed, closed}.
 */
const CONNECTIONS = 32;
const REQUEST = 'GET /bytes/1024 HTTP/1.1\r\nhost: bench\r\n\r\n';
const BODY_BYTES = 1024;
const TICK_MS = 5;

class Lane {
  readonly #socket: Socket;
  #pending = 0;
  #missing = 0;
  answered = 0;
  failed = 0;
  closed = 0;
  onAnswer: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.once('close', () => {
      this.closed += 1;
    });
  }

  get idle(): boolean {
    return this.#pending === 0;
  }

  send(): void {
    this.#pending += 1;
    this.#socket.write(REQUEST);
  }

  end(): void {
    this.#socket.destroy();
  }

  /** One answer is outstanding at most, so a chunk belongs to it: a head, a body, or a part of one. */
  #receive(chunk: Buffer): void {
    if (this.#missing === 0) {
      const headEnd = chunk.indexOf('\r\n\r\n');
      if (headEnd < 0 || !chunk.subarray(0, 12).equals(Buffer.from('HTTP/1.1 200'))) {
        this.failed += 1;
      }
      this.#missing = BODY_BYTES - (chunk.length - headEnd - 4);
    } else {
      this.#missing -= chunk.length;
    }
    if (this.#missing > 0) return;
    this.#pending -= 1;
    this.answered += 1;
    this.onAnswer();
  }
}

async function openLane(port: number): Promise<Lane> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return new Lane(socket);
}

async function measureCapacity(lanes: readonly Lane[], seconds: number): Promise<number> {
  const before = total(lanes, 'answered');
  let running = true;
  for (const lane of lanes) {
    lane.onAnswer = () => running && lane.send();
    lane.send();
  }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  running = false;
  while (lanes.some((lane) => !lane.idle)) await new Promise((resolve) => setTimeout(resolve, 5));
  return Math.round((total(lanes, 'answered') - before) / seconds);
}

function total(lanes: readonly Lane[], field: 'answered' | 'failed' | 'closed'): number {
  return lanes.reduce((sum, lane) => sum + lane[field], 0);
}

/** Sends at a steady rate; a lane that still waits is passed over, so the rate is a ceiling. */
function startOpenLoop(lanes: readonly Lane[], rate: number): { sent(): number; stop(): void } {
  const startedMs = performance.now();
  let sent = 0;
  let next = 0;
  for (const lane of lanes) lane.onAnswer = () => {};
  const timer = setInterval(() => {
    const due = ((performance.now() - startedMs) / 1000) * rate;
    for (let tries = 0; sent < due && tries < lanes.length; tries += 1) {
      const lane = lanes[next % lanes.length] as Lane;
      next += 1;
      if (!lane.idle) continue;
      lane.send();
      sent += 1;
    }
  }, TICK_MS);
  return { sent: () => sent, stop: () => clearInterval(timer) };
}

async function main(port: number): Promise<void> {
  const lanes = await Promise.all(Array.from({ length: CONNECTIONS }, () => openLane(port)));
  let loop: ReturnType<typeof startOpenLoop> | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, value] = line.split(' ');
    if (command === 'capacity') console.log(await measureCapacity(lanes, Number(value)));
    if (command === 'start') {
      loop = startOpenLoop(lanes, Number(value));
      console.log('started');
    }
    if (command === 'stop') {
      loop?.stop();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const [answered, failed] = [total(lanes, 'answered'), total(lanes, 'failed')];
      console.log(
        JSON.stringify({ sent: loop?.sent(), answered, failed, closed: total(lanes, 'closed') }),
      );
    }
  }
  for (const lane of lanes) lane.end();
}

await main(Number(process.argv[2]));
