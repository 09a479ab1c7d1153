// SPDX-License-Identifier: Apache-2.0
import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Readable } from 'node:stream';
import { isHopByHop } from '../../shared/names/http-fields.js';
import type { Connection } from '../listeners/connection.js';
import type { Exchange, ResponseHead } from './exchange.js';
import type { FlatHeaders } from './headers.js';
import { Http2Connection, type Http2Context } from './http2-connection.js';
import { MAX_OUTSTANDING_SETTINGS, NodeHttp2Session } from './http2-session.js';
import { toSettings } from './http2-settings.js';
import { RequestBody } from './request-body.js';

export interface Http2Callbacks {
  readonly onRequest: (exchange: Exchange) => void;
  /** Answered here, without a route. */
  readonly onRefused: (connection: Connection, status: number) => void;
}

/** Takes over accepted sockets that began with HTTP/2's preface. */
export interface Http2Door {
  take(connection: Connection): void;
}

/** Header fields of one request; the policy's limit is in bytes and enforced by nghttp2. */
const MAX_HEADER_PAIRS = 4096;

/** HTTP/2 with prior knowledge by node:http2, which never listens here. */
export function createHttp2Door(context: Http2Context, callbacks: Http2Callbacks): Http2Door {
  const server: Http2Server = createServer({
    maxHeaderListPairs: MAX_HEADER_PAIRS,
    maxOutstandingSettings: MAX_OUTSTANDING_SETTINGS,
  } as Parameters<typeof createServer>[0]);
  let taking: Connection | undefined;
  server.on('session', (session) => {
    if (taking !== undefined) serveSession(session, taking, context, callbacks);
  });
  return {
    take(connection) {
      const { http } = connection.group;
      if (http !== undefined) server.updateSettings(toSettings(http));
      taking = connection;
      // Makes the session, and emits 'session', before it returns.
      server.emit('connection', connection.socket);
      taking = undefined;
    },
  };
}

function serveSession(
  session: ServerHttp2Session,
  connection: Connection,
  context: Http2Context,
  callbacks: Http2Callbacks,
): void {
  const port = new NodeHttp2Session(session, connection, context.registry);
  const driver = new Http2Connection(connection, port, context);
  connection.driver = driver;
  // Booked by the socket's own error and close; without a listener it would end the process.
  session.on('error', () => undefined);
  session.on('stream', (stream, headers) => {
    serveStream(stream, headers, { connection, driver, callbacks });
  });
}

interface StreamContext {
  readonly connection: Connection;
  readonly driver: Http2Connection;
  readonly callbacks: Http2Callbacks;
}

function serveStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { connection, driver, callbacks }: StreamContext,
): void {
  driver.streamOpened();
  stream.once('close', () => driver.streamClosed());
  stream.on('error', () => undefined);
  const status = refusalOf(headers);
  if (status === undefined) {
    callbacks.onRequest(new Http2Exchange(connection, stream, headers));
    return;
  }
  callbacks.onRefused(connection, status);
  stream.respond({ ':status': status }, { endStream: true });
}

/** CONNECT is denied unless a policy allows it; nothing else may come without a path. */
function refusalOf(headers: IncomingHttpHeaders): number | undefined {
  if (headers[':method'] === 'CONNECT') return 405;
  return headers[':path']?.startsWith('/') ? undefined : 400;
}

class Http2Exchange implements Exchange {
  readonly connection: Connection;
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: FlatHeaders;
  readonly body: Readable | undefined;
  onClient: ((alive: boolean) => void) | undefined = undefined;
  readonly #stream: ServerHttp2Stream;
  #ended = false;
  #trailers: FlatHeaders | undefined;

  constructor(connection: Connection, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.connection = connection;
    this.#stream = stream;
    this.method = headers[':method'] ?? '';
    this.target = headers[':path'] ?? '';
    this.host = headers[':authority'] ?? headers.host ?? '';
    this.headers = endToEnd(headers, this.host);
    this.body = stream.endAfterHeaders ? undefined : new RequestBody(stream);
    stream.once('close', this.#onClose);
    stream.on('drain', () => this.onClient?.(true));
  }

  inform(status: number, headers: FlatHeaders): void {
    if (this.#stream.destroyed || this.#stream.headersSent) return;
    this.#stream.additionalHeaders({ ...toRecord(headers), ':status': status });
  }

  respond(head: ResponseHead): void {
    if (this.#stream.destroyed) return;
    this.#trailers = head.trailers && head.body ? [] : undefined;
    if (this.#trailers !== undefined) {
      this.#stream.once('wantTrailers', () => this.#sendTrailers());
    }
    this.#stream.respond(
      { ...toRecord(head.headers), ':status': head.status },
      { endStream: !head.body, waitForTrailers: this.#trailers !== undefined },
    );
  }

  write(chunk: Buffer): boolean {
    if (this.#stream.destroyed || this.#stream.writableEnded) return true;
    return this.#stream.write(chunk);
  }

  end(trailers: FlatHeaders): void {
    this.#ended = true;
    if (this.#trailers !== undefined) this.#trailers = trailers;
    if (!this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.end();
    // The answer is complete: whatever the client still uploads has no reader (RFC 9113 §8.1).
    if (this.body !== undefined && !this.body.readableEnded) {
      this.#stream.once('finish', () => this.#stream.close(constants.NGHTTP2_NO_ERROR));
    }
  }

  abort(): void {
    this.#ended = true;
    // close() with a code would end the stream first, and half an answer would look like a whole one.
    this.#stream.destroy(new Error('the answer broke off'));
  }

  #sendTrailers(): void {
    // Without fields, when the backend promised trailers and sent none, this just ends the stream.
    this.#stream.sendTrailers(toRecord(this.#trailers ?? []));
  }

  readonly #onClose = (): void => {
    if (!this.#ended) this.onClient?.(false);
  };
}

/** Flat headers without pseudo and connection-specific ones; Host takes the place of :authority. */
function endToEnd(headers: IncomingHttpHeaders, host: string): string[] {
  const flat: string[] = host === '' ? [] : ['host', host];
  for (const name in headers) {
    if (name.startsWith(':') || name === 'host' || isHopByHop(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') flat.push(name, value);
    else if (value !== undefined) for (const each of value) flat.push(name, each);
  }
  return flat;
}

/** Names in lower case, as HTTP/2 demands; repeated ones become arrays. */
export function toRecord(flat: FlatHeaders): OutgoingHttpHeaders {
  const record: OutgoingHttpHeaders = {};
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = (flat[i] ?? '').toLowerCase();
    const value = flat[i + 1] ?? '';
    const before = record[name];
    if (before === undefined) record[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else record[name] = [String(before), value];
  }
  return record;
}
