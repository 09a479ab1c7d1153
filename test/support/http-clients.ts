// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { TestContext } from 'node:test';

export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent after the head; the request ends with it. */
  readonly body?: Buffer;
  /** Sent after the head; the request stays open. */
  readonly openBody?: Buffer;
  /** Called with each part of the answer's body. */
  readonly onData?: (chunk: Buffer) => void;
}

export interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** One client connection to a port of loopback. */
export interface HttpClient {
  ask(question?: Question): Promise<Reply>;
  /** Connections that were opened so far. */
  readonly connections: () => number;
}

/** The same client for both versions of HTTP, each on one connection as long as that lasts; ends with the test. */
export const HTTP_CLIENTS: Readonly<
  Record<'HTTP/1.1' | 'HTTP/2', (t: TestContext, port: number) => HttpClient>
> = { 'HTTP/1.1': http1Client, 'HTTP/2': http2Client };

function http1Client(t: TestContext, port: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let opened = 0;
  const sockets = new WeakSet<object>();
  t.after(() => agent.destroy());
  return {
    connections: () => opened,
    async ask({ method = 'GET', path = '/', headers = {}, body, openBody, onData } = {}) {
      const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent });
      request.on('socket', (socket) => {
        if (!sockets.has(socket)) opened += 1;
        sockets.add(socket);
      });
      if (openBody === undefined) request.end(body);
      else request.write(openBody);
      const [response] = await once(request, 'response');
      const text = await readAll(response, onData);
      if (openBody !== undefined) request.end();
      return { status: response.statusCode, headers: response.headers, body: text };
    },
  };
}

function http2Client(t: TestContext, port: number): HttpClient {
  let session: ClientHttp2Session | undefined;
  let opened = 0;
  t.after(() => session?.destroy());
  const open = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    opened += 1;
    session = connect(`http://127.0.0.1:${port}`);
    session.on('error', () => undefined);
    return session;
  };
  return {
    connections: () => opened,
    async ask({ method = 'GET', path = '/', headers = {}, body, openBody, onData } = {}) {
      const { host, ...others } = headers;
      const head = { ':method': method, ':path': path, ...(host && { ':authority': host }) };
      const stream = open().request(
        { ...head, ...others },
        { endStream: body === undefined && openBody === undefined },
      );
      if (body !== undefined) stream.end(body);
      if (openBody !== undefined) stream.write(openBody);
      const [received] = await once(stream, 'response');
      const text = await readAll(stream, onData);
      return { status: Number(received[':status']), headers: received, body: text };
    },
  };
}

/** Rejects when the body breaks off. */
async function readAll(from: Readable, onData: Question['onData']): Promise<string> {
  const chunks: Buffer[] = [];
  from.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    onData?.(chunk);
  });
  await finished(from, { writable: false });
  return Buffer.concat(chunks).toString();
}
