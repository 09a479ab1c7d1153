// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
} from 'node:http2';
import { connect, type Socket } from 'node:net';
import { eventually } from '../eventually.js';
import { nowMs } from '../machine-clock.js';

/** Where a worker's listener is, as a client of the lab reaches it. */
export interface Origin {
  readonly host: string;
  readonly port: number;
}

/** A client at the far end. */
export interface LabClient {
  /** Its own port. */
  readonly port: number;
  /** `nowMs` at which it had not sent its last byte yet, acknowledgements of the kernel aside. */
  readonly lastSentMs: number;
  /** The worker has closed, reset or refused it. */
  readonly isGone: boolean;
  /** Bytes of answers received. */
  readonly receivedBytes: number;
  /** Reads no more, so that what is sent to it stays with the sender. */
  pause(): void;
  /** Proves that the connection works: a request is answered, or, in the midst of an answer, more of it comes. */
  prove(): Promise<void>;
  destroy(): void;
}

export interface LabSession extends LabClient {
  /** Resolves when the worker's next PING is here, which is answered at once. */
  nextPing(): Promise<void>;
}

/** `request`: one that was answered; `trickle`: one whose answer never ends; `flood`: the same, as fast as can be. */
export type Errand = 'request' | 'trickle' | 'flood';
const PATHS: Readonly<Record<Errand, string>> = {
  request: '/',
  trickle: '/trickle',
  flood: '/flood',
};
/** Long for one that is far away and loses packets, short beside the life of a test. */
const DEADLINE = { deadlineMs: 15_000, everyMs: 10 };

/** Left to itself, the kernel gives one port to connections with different destinations; a rule would then meet both. */
let lastPort = 40_000;

/** A socket whose port no other client of this process has had. */
export async function connectSocket({ host, port }: Origin): Promise<Socket> {
  lastPort += 1;
  const socket = connect({ host, port, localPort: lastPort });
  await once(socket, 'connect');
  return socket;
}

abstract class Client implements LabClient {
  protected readonly errand: Errand;
  readonly port: number;
  lastSentMs = 0;
  isGone = false;
  receivedBytes = 0;

  protected constructor(socket: Socket, errand: Errand) {
    this.port = socket.localPort ?? 0;
    this.errand = errand;
  }

  abstract pause(): void;
  abstract destroy(): void;
  protected abstract resume(): void;
  protected abstract ask(): Promise<void>;

  async prove(): Promise<void> {
    assert.equal(this.isGone, false, 'the worker has closed it');
    if (this.errand === 'request') return this.ask();
    const before = this.receivedBytes;
    this.resume();
    return this.until(() => this.receivedBytes > before + 100_000);
  }

  protected until(condition: () => boolean): Promise<void> {
    return eventually(() => {
      assert.equal(this.isGone, false, 'the worker has closed it');
      assert.ok(condition(), `${this.receivedBytes} bytes received`);
    }, DEADLINE);
  }
}

/** HTTP/1 on a bare socket; through a TCP route, or upgraded, the same bytes. */
class SocketClient extends Client {
  readonly #socket: Socket;
  readonly #head: string;
  readonly #isUpgrade: boolean;
  #text = '';

  constructor(socket: Socket, errand: Errand, isUpgrade: boolean) {
    super(socket, errand);
    this.#socket = socket;
    this.#isUpgrade = isUpgrade;
    const upgrade = isUpgrade ? 'connection: upgrade\r\nupgrade: websocket\r\n' : '';
    this.#head = `GET ${PATHS[errand]} HTTP/1.1\r\nhost: lab\r\n${upgrade}\r\n`;
    socket.on('error', () => undefined);
    for (const event of ['end', 'close'] as const) {
      socket.once(event, () => {
        this.isGone = true;
      });
    }
    socket.on('data', (chunk: Buffer) => {
      this.receivedBytes += chunk.length;
      if (this.errand === 'request') this.#text += chunk.toString('latin1');
    });
  }

  async open(): Promise<void> {
    this.#send(this.#head);
    if (this.errand !== 'request') return this.until(() => this.receivedBytes > CHUNKS_SEEN_BYTES);
    await this.until(() => this.#text.includes(this.#isUpgrade ? '\r\n\r\n' : 'ok'));
  }

  pause(): void {
    this.#socket.pause();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  protected resume(): void {
    this.#socket.resume();
  }

  protected async ask(): Promise<void> {
    this.#text = '';
    this.#send(this.#isUpgrade ? 'ok' : this.#head);
    await this.until(() => this.#text.includes('ok'));
  }

  #send(text: string): void {
    this.lastSentMs = nowMs();
    this.#socket.write(text);
  }
}

const CHUNKS_SEEN_BYTES = 20_000;

class SessionClient extends Client implements LabSession {
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  #stream: ClientHttp2Stream | undefined;
  #sentBytes = 0;
  #previousDataMs = nowMs();

  constructor(session: ClientHttp2Session, socket: Socket, errand: Errand) {
    super(socket, errand);
    this.#session = session;
    this.#socket = socket;
    session.on('error', () => undefined);
    for (const event of ['goaway', 'close'] as const) {
      session.once(event, () => {
        this.isGone = true;
      });
    }
  }

  async open(): Promise<void> {
    if (this.errand === 'request') return this.ask();
    this.lastSentMs = nowMs();
    this.#stream = this.#session.request({ ':path': PATHS[this.errand] });
    this.#stream.on('error', () => undefined);
    this.#stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    await this.until(() => this.receivedBytes > CHUNKS_SEEN_BYTES);
  }

  async nextPing(): Promise<void> {
    await once(this.#session, 'ping');
  }

  /** In the midst of an answer it sends WINDOW_UPDATEs by itself, some time since the previous part. */
  #onData(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    if (this.#socket.bytesWritten !== this.#sentBytes) this.lastSentMs = this.#previousDataMs;
    this.#sentBytes = this.#socket.bytesWritten;
    this.#previousDataMs = nowMs();
  }

  /** The session goes on: it answers PINGs, and opens no window. */
  pause(): void {
    this.#stream?.pause();
  }

  destroy(): void {
    this.#session.destroy();
  }

  protected resume(): void {
    this.#stream?.resume();
  }

  protected async ask(): Promise<void> {
    this.lastSentMs = nowMs();
    const stream = this.#session.request({ ':path': '/' });
    stream.on('error', () => undefined);
    let text = '';
    stream.on('data', (chunk) => {
      text += String(chunk);
    });
    await this.until(() => text === 'ok');
  }
}

/** An HTTP/1 client, or one of a TCP route whose backend speaks HTTP. */
export async function connectClient(origin: Origin, errand: Errand): Promise<LabClient> {
  return openSocket(origin, errand, false);
}

export async function connectWebsocket(origin: Origin, errand: Errand): Promise<LabClient> {
  return openSocket(origin, errand, true);
}

async function openSocket(origin: Origin, errand: Errand, isUpgrade: boolean): Promise<LabClient> {
  const client = new SocketClient(await connectSocket(origin), errand, isUpgrade);
  await client.open();
  return client;
}

export async function connectSession(origin: Origin, errand: Errand): Promise<LabSession> {
  const socket = await connectSocket(origin);
  const session = connectHttp2('http://lab', { createConnection: () => socket });
  const client = new SessionClient(session, socket, errand);
  await client.open();
  return client;
}
