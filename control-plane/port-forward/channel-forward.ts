// SPDX-License-Identifier: Apache-2.0
import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { Forwarder } from './forwarder.js';

/**
 * Kubernetes' older protocol over websockets, `v4.channel.k8s.io`, which @kubernetes/client-node speaks: the first byte of a message is its
 * channel, for the nth port 2n for bytes and 2n+1 for an error. The server's first message on each says the port, in two bytes,
 * the lower one first. There is no end of one direction: a connection that is over ends the websocket.
 */
export async function serveChannelForward(
  socket: WebSocket,
  ports: readonly number[],
  forwarder: Forwarder,
): Promise<void> {
  const channels = ports.map((_port, index) => new Channel(socket, 2 * index));
  socket.on('message', (message: Buffer, isBinary) => {
    const [channel = 0] = message;
    const wanted = channel % 2 === 0 ? channels[channel / 2] : undefined;
    if (isBinary && message.length > 1) wanted?.receive(message.subarray(1));
  });
  socket.once('close', () => {
    for (const channel of channels) channel.destroy();
  });
  // What is wrong with its frames ends it; there is nothing else to say.
  socket.on('error', () => undefined);
  ports.forEach((port, index) => {
    const said = Buffer.of(2 * index, port & 0xff, port >> 8);
    socket.send(said);
    socket.send(Buffer.concat([Buffer.of(2 * index + 1), said.subarray(1)]));
  });
  await Promise.all(
    channels.map((channel, index) => serve(socket, channel, ports[index] ?? 0, forwarder)),
  );
  socket.close(1000);
}

async function serve(
  socket: WebSocket,
  channel: Channel,
  port: number,
  forwarder: Forwarder,
): Promise<void> {
  try {
    await forwarder.forward(port, channel);
  } catch (thrown) {
    const { message } = toHeartlineError(thrown);
    socket.send(Buffer.concat([Buffer.of(channel.number + 1), Buffer.from(message)]));
  }
}

/** The bytes of one channel. */
class Channel extends Duplex {
  readonly number: number;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, number: number) {
    super();
    this.#socket = socket;
    this.number = number;
  }

  receive(bytes: Buffer): void {
    if (!this.destroyed && !this.push(bytes)) this.#socket.pause();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat([Buffer.of(this.number), bytes]), (error) => done(error));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.resume();
    done(error);
  }
}
