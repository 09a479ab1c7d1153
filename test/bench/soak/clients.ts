// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { WebSocket } from 'ws';
import { byteAt } from '../../../deploy/examples/httpbin/routes.js';
import { exchange } from '../../support/exchange.js';
import { nowMs } from '../../support/machine-clock.js';
import {
  ECHO_METHOD,
  type Failure,
  FLAPPING_PATH,
  TRAFFIC_KINDS,
  type TrafficKind,
  type TrafficReport,
  type TrafficTargets,
} from './traffic.js';

const BODY_BYTES = 1024;
const BODY = Buffer.from(Array.from({ length: BODY_BYTES }, (_, at) => byteAt(at)));
const UPLOAD = Buffer.alloc(256 * 1024, 'u');
/** Between two requests of one loop: a soak looks for leaks, not for limits. */
const PAUSE_MS = 10;
const LOOPS: Readonly<Record<TrafficKind, number>> = {
  aborted: 2,
  flapping: 6,
  grpc: 2,
  http1: 6,
  http2: 3,
  tcp: 2,
  upload: 1,
  websocket: 5,
};

/** A request whose answer is wrong. */
class WrongAnswer extends Error {
  readonly status: number;

  constructor(what: string, status: number) {
    super(what);
    this.status = status;
  }
}

/** Loops of every kind of traffic, which verify every byte of every answer. */
export class SoakClients {
  readonly #targets: TrafficTargets;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #done = new Map<TrafficKind, number>(TRAFFIC_KINDS.map((kind) => [kind, 0]));
  #failures: Failure[] = [];
  #isStopping = false;

  constructor(targets: TrafficTargets) {
    this.#targets = targets;
  }

  /** Runs until `stop`, and until every loop has ended what it was doing. */
  async run(): Promise<void> {
    const loops = TRAFFIC_KINDS.flatMap((kind) =>
      Array.from({ length: LOOPS[kind] }, () => this.#loop(kind)),
    );
    await Promise.all(loops);
    this.#agent.destroy();
  }

  stop(): void {
    this.#isStopping = true;
  }

  report(): TrafficReport {
    const failures = this.#failures;
    this.#failures = [];
    const done = Object.fromEntries(this.#done) as Record<TrafficKind, number>;
    return { done, failures };
  }

  #loop(kind: TrafficKind): Promise<void> {
    switch (kind) {
      case 'http1':
        return this.#repeat(kind, () => this.#getBytes());
      case 'flapping':
        return this.#repeat(kind, (turn) => this.#askFlapping(turn));
      case 'upload':
        return this.#repeat(kind, () => this.#upload());
      case 'tcp':
        return this.#repeat(kind, () => this.#askOverTcp());
      case 'aborted':
        return this.#repeat(kind, (turn) => this.#abort(turn));
      case 'http2':
        return this.#http2Loop();
      case 'grpc':
        return this.#grpcLoop();
      case 'websocket':
        return this.#websocketLoop();
    }
  }

  async #repeat(kind: TrafficKind, ask: (turn: number) => Promise<void>): Promise<void> {
    for (let turn = 0; !this.#isStopping; turn += 1) {
      const fromMs = nowMs();
      try {
        await ask(turn);
        this.#done.set(kind, (this.#done.get(kind) ?? 0) + 1);
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        const status = error instanceof WrongAnswer ? error.status : 0;
        this.#failures.push({ kind, what, status, fromMs, toMs: nowMs() });
      }
      await pause(PAUSE_MS);
    }
  }

  async #getBytes(): Promise<void> {
    const { status, body } = await this.#ask('GET', `/bytes/${BODY_BYTES}`);
    expect(status === 200 && body.equals(BODY), 'GET /bytes', status);
  }

  async #askFlapping(turn: number): Promise<void> {
    const method = turn % 5 === 4 ? 'POST' : 'GET';
    const sent = method === 'POST' ? Buffer.from('a body') : undefined;
    const { status, body } = await this.#ask(method, FLAPPING_PATH, sent);
    expect(status === 200 && body.toString().startsWith('127.'), `${method} flapping`, status);
  }

  async #upload(): Promise<void> {
    const { status, body } = await this.#ask('POST', '/post', UPLOAD);
    expect(status === 200 && body.equals(UPLOAD), 'POST /post', status);
    await pause(PAUSE_MS * 10);
  }

  #ask(method: string, path: string, sent?: Buffer): Promise<{ status: number; body: Buffer }> {
    const { host, httpPort: port } = this.#targets;
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host, port, method, path, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
        );
      });
      request.on('error', reject);
      request.end(sent);
    });
  }

  /** A connection of its own each time, HTTP being what the backend of the TCP route speaks. */
  async #askOverTcp(): Promise<void> {
    const socket = connect(this.#targets.tcpPort, this.#targets.host);
    socket.on('error', () => undefined);
    const answer = await exchange(socket, `GET /bytes/${BODY_BYTES} HTTP/1.1\r\nhost: s\r\n\r\n`);
    socket.destroy();
    expect(answer.status === 200 && answer.body.equals(BODY), 'GET over TCP', answer.status);
    await pause(PAUSE_MS * 5);
  }

  async #http2Loop(): Promise<void> {
    let session: ClientHttp2Session | undefined;
    await this.#repeat('http2', async () => {
      if (session === undefined || session.closed || session.destroyed) {
        session = connectHttp2(`http://${this.#targets.host}:${this.#targets.httpPort}`);
        session.on('error', () => undefined);
      }
      const { status, body } = await askSession(session, `/bytes/${BODY_BYTES}`);
      expect(status === 200 && body.equals(BODY), 'GET over HTTP/2', status);
    });
    session?.destroy();
  }

  async #grpcLoop(): Promise<void> {
    const { host, httpPort } = this.#targets;
    const client = new Client(`${host}:${httpPort}`, credentials.createInsecure());
    const same = (bytes: Buffer): Buffer => bytes;
    await this.#repeat(
      'grpc',
      () =>
        new Promise((resolve, reject) => {
          client.makeUnaryRequest(ECHO_METHOD, same, same, BODY, (error, answer) => {
            if (error !== null) reject(error);
            else if (answer === undefined || !answer.equals(BODY)) reject(new Error('wrong echo'));
            else resolve();
          });
        }),
    );
    client.close();
  }

  /** Fifty echoes on one connection, then a new one. */
  #websocketLoop(): Promise<void> {
    const { host, httpPort } = this.#targets;
    return this.#repeat('websocket', async () => {
      const websocket = new WebSocket(`ws://${host}:${httpPort}/ws`);
      const messages: string[] = [];
      let onChange = (): void => undefined;
      const changed = (): Promise<void> =>
        new Promise((resolve) => {
          onChange = resolve;
        });
      websocket.on('message', (data) => {
        messages.push(String(data));
        onChange();
      });
      websocket.once('close', () => onChange());
      await once(websocket, 'open');
      for (let n = 0; n < 50 && !this.#isStopping; n += 1) {
        const answered = changed();
        websocket.send(`echo ${n}`);
        await answered;
        const message = messages.pop();
        if (message !== `echo ${n}`) throw new Error(`wrong echo: ${message}`);
        await pause(PAUSE_MS * 2);
      }
      const closed = changed();
      websocket.close();
      await closed;
    });
  }

  /** Leaves in the midst of one thing or another; only what it leaves behind is of interest. */
  async #abort(turn: number): Promise<void> {
    const { host, httpPort: port } = this.#targets;
    const head = (line: string): string => `${line} HTTP/1.1\r\nhost: s\r\n`;
    const beginnings = [
      `${head('GET /delay/1')}\r\n`,
      `${head('GET /stream/1000?ms=5')}\r\n`,
      `${head('GET /bytes/50000000')}\r\n`,
      `${head('POST /post')}content-length: 1000000\r\n\r\nonly the beginning`,
      'GET /unfin',
    ];
    const socket = connect(port, host);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(beginnings[turn % beginnings.length] ?? '');
    await pause(30);
    if (turn % 2 === 0) socket.resetAndDestroy();
    else socket.destroy();
    if (turn % 7 === 0) await this.#cancelStream();
  }

  async #cancelStream(): Promise<void> {
    const session = connectHttp2(`http://${this.#targets.host}:${this.#targets.httpPort}`);
    session.on('error', () => undefined);
    const stream = session.request({ ':path': '/stream/1000?ms=5' });
    stream.on('error', () => undefined);
    await once(stream, 'response');
    stream.close();
    await pause(PAUSE_MS);
    session.destroy();
  }
}

async function askSession(
  session: ClientHttp2Session,
  path: string,
): Promise<{ status: number; body: Buffer }> {
  const stream = session.request({ ':path': path });
  const chunks: Buffer[] = [];
  let status = 0;
  stream.on('response', (headers) => {
    status = headers[':status'] ?? 0;
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => undefined);
  await once(stream, 'close');
  return { status, body: Buffer.concat(chunks) };
}

function expect(isRight: boolean, what: string, status: number): void {
  if (!isRight) throw new WrongAnswer(`${what}: ${status}`, status);
}
