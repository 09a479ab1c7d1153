// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { eventually } from '../eventually.js';
import { nowMs } from '../machine-clock.js';
import { connectSocket, type LabClient, type Origin } from './lab-clients.js';

// RFC 9113 §3.4, §4.1, §6
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const EMPTY_SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const FRAME_HEADER_BYTES = 9;
const DATA = 0;
const PING = 6;
const GOAWAY = 7;
const ACK = 1;
const END_STREAM_AND_HEADERS = 5;
/** `:method: GET`, `:path: /`, `:scheme: http`, `:authority: lab` (RFC 7541 §6.1, §6.2.1). */
const REQUEST = Buffer.from([0x82, 0x84, 0x86, 0x41, 3, ...Buffer.from('lab')]);

/** An HTTP/2 peer that answers PINGs and never acknowledges SETTINGS. */
export async function connectMute(origin: Origin): Promise<LabClient> {
  return new MuteClient(await connectSocket(origin));
}

class MuteClient implements LabClient {
  readonly port: number;
  lastSentMs = 0;
  isGone = false;
  receivedBytes = 0;
  readonly #socket: Socket;
  #buffered = Buffer.alloc(0);
  #streamId = 1;
  #answered = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.localPort ?? 0;
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.isGone = true;
    });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#send(Buffer.concat([Buffer.from(PREFACE), EMPTY_SETTINGS]));
  }

  async prove(): Promise<void> {
    const answered = this.#answered;
    const head = Buffer.from([0, 0, REQUEST.length, 1, END_STREAM_AND_HEADERS, 0, 0, 0, 0]);
    head.writeUInt32BE(this.#streamId, 5);
    this.#streamId += 2;
    this.#send(Buffer.concat([head, REQUEST]));
    await eventually(() => {
      assert.equal(this.isGone, false, 'the worker has closed it');
      assert.ok(this.#answered > answered, 'no answer');
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    this.#buffered = Buffer.concat([this.#buffered, chunk]);
    while (this.#buffered.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + this.#buffered.readUIntBE(0, 3);
      if (this.#buffered.length < end) return;
      this.#onFrame(this.#buffered.subarray(0, end));
      this.#buffered = this.#buffered.subarray(end);
    }
  }

  #onFrame(frame: Buffer): void {
    const type = frame.readUInt8(3);
    if (type === GOAWAY) this.isGone = true;
    if (type === DATA) this.#answered += 1;
    if (type === PING && frame.readUInt8(4) !== ACK) {
      const answer = Buffer.from(frame);
      answer.writeUInt8(ACK, 4);
      this.#send(answer);
    }
  }

  #send(bytes: Buffer): void {
    this.lastSentMs = nowMs();
    this.#socket.write(bytes);
  }
}
