// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { exchange } from './exchange.js';

export interface PopulationCounts {
  readonly idle: number;
  readonly streaming: number;
  readonly websockets: number;
  readonly http2: number;
  /** Keepalive connections that send one request after the other. */
  readonly load: number;
}

/** What went wrong, in words; an empty list is the proof. */
export interface PopulationResult {
  readonly closed: readonly string[];
  readonly failed: readonly string[];
  /** Bodies that were compared byte by byte. */
  readonly verifiedBodies: number;
  /** When PINGs arrived (monotonic milliseconds), per HTTP/2 session. */
  readonly pingTimesMs: readonly (readonly number[])[];
}

/**
 * Clients of every sort that hold connections open while something changes at the server. A connection
 * that ends before `finish` counts as closed; a body that differs, or a wrong status, as failed.
 */
export interface Population {
  /** Client ports of all held connections (load excluded), sorted. */
  clientPorts(): readonly number[];
  verifiedBodies(): number;
  /** Stops the load, proves that every held connection still works, closes all, and reports. */
  finish(): Promise<PopulationResult>;
}

const BODY_BYTES = 1024;

export async function openPopulation(
  origin: { readonly host: string; readonly port: number },
  counts: PopulationCounts,
): Promise<Population> {
  const run = new PopulationRun(origin, await fetchExpectedBody(origin));
  await run.open(counts);
  return run;
}

async function fetchExpectedBody(origin: { host: string; port: number }): Promise<Buffer> {
  const response = await fetch(`http://${origin.host}:${origin.port}/bytes/${BODY_BYTES}`);
  const body = Buffer.from(await response.arrayBuffer());
  if (body.length !== BODY_BYTES) throw new Error(`/bytes/${BODY_BYTES} gave ${body.length} bytes`);
  return body;
}

class PopulationRun implements Population {
  readonly #origin: { readonly host: string; readonly port: number };
  readonly #expected: Buffer;
  readonly #agent: Agent;
  readonly #sockets: Socket[] = [];
  readonly #websockets: WebSocket[] = [];
  readonly #sessions: ClientHttp2Session[] = [];
  readonly #streams: ClientRequest[] = [];
  readonly #idle: Socket[] = [];
  readonly #pingTimesMs: number[][] = [];
  readonly #closed: string[] = [];
  readonly #failed: string[] = [];
  readonly #loops: Promise<void>[] = [];
  #verified = 0;
  #finishing = false;

  constructor(origin: { readonly host: string; readonly port: number }, expected: Buffer) {
    this.#origin = origin;
    this.#expected = expected;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 64 });
  }

  async open(counts: PopulationCounts): Promise<void> {
    for (let i = 0; i < counts.idle; i += 1) await this.#openIdle(i);
    for (let i = 0; i < counts.streaming; i += 1) await this.#openStream(i);
    for (let i = 0; i < counts.websockets; i += 1) await this.#openWebsocket(i);
    for (let i = 0; i < counts.http2; i += 1) await this.#openSession(i);
    for (let i = 0; i < counts.load; i += 1) this.#loops.push(this.#loadLoop());
  }

  clientPorts(): readonly number[] {
    return this.#sockets.map((socket) => socket.localPort ?? 0).sort((a, b) => a - b);
  }

  verifiedBodies(): number {
    return this.#verified;
  }

  async finish(): Promise<PopulationResult> {
    await this.#proveHeldConnections();
    this.#finishing = true;
    await Promise.all(this.#loops);
    this.#agent.destroy();
    for (const websocket of this.#websockets) websocket.terminate();
    for (const stream of this.#streams) stream.destroy();
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    return {
      closed: this.#closed,
      failed: this.#failed,
      verifiedBodies: this.#verified,
      pingTimesMs: this.#pingTimesMs,
    };
  }

  async #proveHeldConnections(): Promise<void> {
    for (const socket of this.#idle) await this.#requestOn(socket, 'idle connection');
    for (const session of this.#sessions) await this.#requestOnSession(session);
  }

  #hold(socket: Socket, name: string): void {
    this.#sockets.push(socket);
    const report = (how: string) => () => {
      if (!this.#finishing) this.#closed.push(`${name}: ${how}`);
    };
    socket.once('close', report('closed'));
    socket.once('end', report('end received'));
  }

  async #openIdle(index: number): Promise<void> {
    const socket = connect({ host: this.#origin.host, port: this.#origin.port });
    socket.on('error', () => {});
    await once(socket, 'connect');
    this.#hold(socket, `idle ${index}`);
    this.#idle.push(socket);
    await this.#requestOn(socket, `idle ${index}`);
  }

  async #requestOn(socket: Socket, name: string): Promise<void> {
    if (socket.destroyed) return;
    const reply = await exchange(socket, `GET /bytes/${BODY_BYTES} HTTP/1.1\r\nhost: test\r\n\r\n`);
    this.#check(name, reply.status, reply.body);
  }

  #check(name: string, status: number, body: Buffer): void {
    if (status === 200 && body.equals(this.#expected)) this.#verified += 1;
    else if (!this.#finishing) this.#failed.push(`${name}: ${status}, ${body.length} bytes`);
  }

  async #openStream(index: number): Promise<void> {
    const name = `stream ${index}`;
    const request = get({ ...this.#origin, path: '/stream/1000000?ms=200', agent: false });
    request.on('error', (error) => !this.#finishing && this.#failed.push(`${name}: ${error}`));
    this.#streams.push(request);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    this.#hold(response.socket, name);
    let expectedId = 0;
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { id } = JSON.parse(line) as { id: number };
        if (id !== expectedId) this.#failed.push(`${name}: line ${id}, expected ${expectedId}`);
        expectedId = id + 1;
        this.#verified += 1;
      }
    });
  }

  async #openWebsocket(index: number): Promise<void> {
    const websocket = new WebSocket(`ws://${this.#origin.host}:${this.#origin.port}/ws`);
    const name = `websocket ${index}`;
    let socket: Socket | undefined;
    websocket.once('upgrade', (response) => {
      socket = response.socket;
    });
    websocket.on('error', (error) => !this.#finishing && this.#failed.push(`${name}: ${error}`));
    await once(websocket, 'open');
    if (socket === undefined) throw new Error(`${name}: no socket`);
    this.#hold(socket, name);
    this.#websockets.push(websocket);
    this.#loops.push(this.#echoLoop(websocket, name));
  }

  async #echoLoop(websocket: WebSocket, name: string): Promise<void> {
    for (let n = 0; !this.#finishing && websocket.readyState === WebSocket.OPEN; n += 1) {
      const text = `${name} says ${n}`;
      const answer = nextMessage(websocket);
      websocket.send(text);
      if ((await answer) !== text) this.#failed.push(`${name}: wrong echo`);
      else this.#verified += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #openSession(index: number): Promise<void> {
    const socket = connect({ host: this.#origin.host, port: this.#origin.port });
    const session = connectHttp2(`http://${this.#origin.host}:${this.#origin.port}`, {
      createConnection: () => socket,
    });
    session.on('error', () => {});
    await once(session, 'connect');
    this.#sockets.push(socket);
    const times: number[] = [];
    this.#pingTimesMs.push(times);
    session.on('ping', () => times.push(performance.now()));
    session.once('goaway', () => !this.#finishing && this.#closed.push(`h2 ${index}: GOAWAY`));
    session.once('close', () => !this.#finishing && this.#closed.push(`h2 ${index}: closed`));
    this.#sessions.push(session);
    await this.#requestOnSession(session);
  }

  async #requestOnSession(session: ClientHttp2Session): Promise<void> {
    if (session.destroyed) return;
    const stream = session.request({ ':path': `/bytes/${BODY_BYTES}` });
    const chunks: Buffer[] = [];
    let status = 0;
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => {});
    stream.end();
    await once(stream, 'close');
    this.#check('h2 request', status, Buffer.concat(chunks));
  }

  async #loadLoop(): Promise<void> {
    while (!this.#finishing) {
      try {
        const { status, body } = await this.#fetchOnce();
        this.#check('load', status, body);
      } catch (error) {
        if (!this.#finishing) this.#failed.push(`load: ${error}`);
      }
    }
  }

  #fetchOnce(): Promise<{ status: number; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const options = { ...this.#origin, path: `/bytes/${BODY_BYTES}`, agent: this.#agent };
      const request = get(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) });
        });
        response.on('error', reject);
      });
      request.on('error', reject);
    });
  }
}

function nextMessage(websocket: WebSocket): Promise<string | undefined> {
  return new Promise((resolve) => {
    const onMessage = (data: Buffer): void => {
      websocket.off('close', onClose);
      resolve(data.toString());
    };
    const onClose = (): void => {
      websocket.off('message', onMessage);
      resolve(undefined);
    };
    websocket.once('message', onMessage);
    websocket.once('close', onClose);
  });
}
