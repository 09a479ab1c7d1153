// SPDX-License-Identifier: Apache-2.0
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { errnoOf } from '../../shared/errors/heartline-error.js';
import type { HttpSettings } from '../engine/plan.js';
import { type Connection, endConnection } from '../listeners/connection.js';
import { connectionOf } from '../listeners/registry.js';
import { answer, type Exchange, type ResponseHead } from './exchange.js';
import { type FlatHeaders, hasName, passableUpgrade, requestHeaders, valuesOf } from './headers.js';
import { Http1Connection } from './http1-connection.js';

export interface Http1Callbacks {
  /** A request to forward. */
  readonly onRequest: (exchange: Exchange) => void;
  /** A request that asks to change protocols; the socket is ours to pass through. */
  readonly onUpgrade: (upgrade: UpgradeRequest) => void;
  /** Answered here, without a route: bad request, too many headers, CONNECT. */
  readonly onRefused: (connection: Connection, status: number) => void;
}

/** An HTTP/1 request for another protocol, its socket freed of any HTTP parser. */
export interface UpgradeRequest {
  readonly connection: Connection;
  readonly target: string;
  readonly host: string;
  readonly headers: FlatHeaders;
  /** Value for the Upgrade header, never h2c. */
  readonly protocol: string;
  /** Bytes that followed the request's head. */
  readonly head: Buffer;
}

/** Takes over accepted sockets whose first bytes are (or may become) HTTP/1. */
export interface Http1Door {
  take(connection: Connection): void;
}

/** Room for 4096 headers, the most a policy allows, of 64 bytes each; `http1MaxHeaders` is the limit. */
const MAX_HEAD_BYTES = 256 * 1024;

/**
 * HTTP/1 by node:http, which never listens here. All of Node's timeouts are off (the engine's wheel
 * has them) and so is its header limit, which drops headers silently on Node 20.
 */
export function createHttp1Door(callbacks: Http1Callbacks): Http1Door {
  const server = createServer({
    maxHeaderSize: MAX_HEAD_BYTES,
    keepAliveTimeout: 0,
    requestTimeout: 0,
    headersTimeout: 0,
    requireHostHeader: true,
  });
  server.timeout = 0;
  server.maxHeadersCount = 0;
  // Not in Node's types: a client that half-closes after its request still gets the answer.
  (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;

  server.on('request', (request, response) => onRequest(request, response, callbacks));
  server.on('upgrade', (request, socket, head) =>
    onUpgrade(server, { request, socket, head }, callbacks),
  );
  server.on('connect', (request) => refuseConnect(request, callbacks));
  server.on('clientError', (error, socket) => onClientError(error, socket, callbacks));
  return { take: (connection) => void server.emit('connection', connection.socket) };
}

function driverOf(connection: Connection): Http1Connection | undefined {
  return connection.driver instanceof Http1Connection ? connection.driver : undefined;
}

function onRequest(
  request: IncomingMessage,
  response: ServerResponse,
  callbacks: Http1Callbacks,
): void {
  const connection = connectionOf(request.socket);
  const driver = connection === undefined ? undefined : driverOf(connection);
  const settings = connection?.group.http;
  if (connection === undefined || driver === undefined || settings === undefined) return;
  driver.requestStarted();
  const exchange = new Http1Exchange({ connection, driver, settings, request, response });
  const problem = exchange.problem(settings);
  if (problem === undefined) {
    callbacks.onRequest(exchange);
    return;
  }
  // Unread bytes of a refused request must not be taken for the next one.
  driver.closing ??= 'limit';
  answer(exchange, problem.status, problem.text);
  callbacks.onRefused(connection, problem.status);
}

interface Http1ExchangeParts {
  readonly connection: Connection;
  readonly driver: Http1Connection;
  readonly settings: HttpSettings;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

class Http1Exchange implements Exchange {
  readonly connection: Connection;
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: FlatHeaders;
  readonly body: Readable | undefined;
  onClient: ((alive: boolean) => void) | undefined = undefined;
  readonly #driver: Http1Connection;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #ambiguousHost: boolean;
  readonly #lowercase: boolean;
  #bodyBegun = false;

  constructor(parts: Http1ExchangeParts) {
    const { request, response } = parts;
    this.connection = parts.connection;
    this.#driver = parts.driver;
    this.#request = request;
    this.#response = response;
    this.method = request.method ?? '';
    const target = request.url ?? '';
    const forwarded = requestHeaders(request.rawHeaders, parts.settings.http1HeaderCase);
    this.headers = forwarded.headers;
    this.#ambiguousHost = forwarded.ambiguousHost;
    this.#lowercase = parts.settings.http1HeaderCase === 'lowercase';
    this.body = forwarded.hasBody ? request : undefined;
    const authority = target.startsWith('/') ? undefined : splitAbsolute(target);
    this.target = authority?.target ?? target;
    this.host = authority?.host ?? forwarded.host;
    response.on('close', this.#onClose);
  }

  problem(settings: HttpSettings): { status: number; text: string } | undefined {
    const fields = this.#request.rawHeaders.length / 2;
    if (fields > settings.http1MaxHeaders) {
      return { status: 431, text: `${fields} header fields, at most ${settings.http1MaxHeaders}` };
    }
    if (this.#ambiguousHost) return { status: 400, text: 'more than one Host header' };
    return undefined;
  }

  inform(status: number, headers: FlatHeaders): void {
    // Node writes informational responses by name only; others are optional and may be left out.
    if (status === 102) this.#response.writeProcessing();
    if (status === 103) this.#response.writeEarlyHints({ link: valuesOf(headers, 'link') });
  }

  respond({ status, reason, headers }: ResponseHead): void {
    const response = this.#response;
    if (this.#driver.closing !== undefined) {
      this.connection.cause ??= this.#driver.closing;
      response.shouldKeepAlive = false;
    }
    // Node's types know only pairs or records; a flat array keeps order, case and duplicates.
    const flat = [
      ...headers,
      ...this.#ownHeaders(status, headers),
    ] as unknown as OutgoingHttpHeader[];
    if (reason === '') response.writeHead(status, flat);
    else response.writeHead(status, reason, flat);
    process.nextTick(flushHead, this);
  }

  write(chunk: Buffer): boolean {
    this.#bodyBegun = true;
    if (this.#response.write(chunk)) return true;
    this.#response.once('drain', this.#onDrain);
    return false;
  }

  end(trailers: FlatHeaders): void {
    this.#bodyBegun = true;
    if (trailers.length > 0) this.#response.addTrailers(pairsOf(trailers));
    this.#response.end();
  }

  abort(): void {
    endConnection(this.connection, 'upstream');
  }

  /** A head without a body yet must not wait for one: event streams begin with silence. */
  flush(): void {
    if (!this.#bodyBegun && !this.#response.destroyed) this.#response.flushHeaders();
  }

  /** What Node would add by itself, capitalized: written here when names are to be in lower case. */
  #ownHeaders(status: number, headers: FlatHeaders): string[] {
    if (!this.#lowercase) return [];
    const response = this.#response;
    const own = ['connection', response.shouldKeepAlive ? 'keep-alive' : 'close'];
    if (!hasName(headers, 'date')) own.push('date', new Date().toUTCString());
    const bodiless = this.method === 'HEAD' || status === 204 || status === 304;
    const chunked = response.useChunkedEncodingByDefault && !bodiless;
    if (chunked && !hasName(headers, 'content-length')) own.push('transfer-encoding', 'chunked');
    return own;
  }

  readonly #onDrain = (): void => this.onClient?.(true);

  readonly #onClose = (): void => {
    this.#driver.requestEnded();
    if (!this.#response.writableFinished) this.onClient?.(false);
  };
}

function flushHead(exchange: Http1Exchange): void {
  exchange.flush();
}

/** Absolute form (RFC 9112 §3.2.2): the authority in the target overrules the Host header. */
function splitAbsolute(target: string): { host: string; target: string } | undefined {
  const match = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(target);
  if (match === null) return undefined;
  const [, authority = '', rest = ''] = match;
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return { host, target: rest.startsWith('/') ? rest : `/${rest}` };
}

function pairsOf(headers: FlatHeaders): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < headers.length; i += 2)
    pairs.push([headers[i] ?? '', headers[i + 1] ?? '']);
  return pairs;
}

interface UpgradeParts {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

function onUpgrade(server: Server, parts: UpgradeParts, callbacks: Http1Callbacks): void {
  const { request, head } = parts;
  const connection = connectionOf(request.socket);
  const settings = connection?.group.http;
  if (connection === undefined || settings === undefined) return;
  const protocol = passableUpgrade(request.headers.upgrade ?? '');
  if (protocol === '') {
    continueAsHttp1(server, request, head);
    return;
  }
  const fields = request.rawHeaders.length / 2;
  const { headers, host, ambiguousHost } = requestHeaders(
    request.rawHeaders,
    settings.http1HeaderCase,
  );
  const target = request.url ?? '';
  if (fields > settings.http1MaxHeaders) {
    refuseRaw(connection, 431, callbacks);
  } else if (ambiguousHost || !target.startsWith('/')) {
    refuseRaw(connection, 400, callbacks);
  } else {
    driverOf(connection)?.upgraded();
    callbacks.onUpgrade({ connection, target, host, headers, protocol, head });
  }
}

/**
 * The request asked for h2c alone, which is not offered: it is answered as plain HTTP/1. Node has let
 * go of the socket by now, so the head goes back into it without its Upgrade field.
 */
function continueAsHttp1(server: Server, request: IncomingMessage, head: Buffer): void {
  const { socket, rawHeaders } = request;
  let text = `${request.method} ${request.url} HTTP/${request.httpVersion}\r\n`;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.toLowerCase() !== 'upgrade') text += `${name}: ${rawHeaders[i + 1]}\r\n`;
  }
  socket.pause();
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
  socket.resume();
}

function refuseConnect(request: IncomingMessage, callbacks: Http1Callbacks): void {
  const connection = connectionOf(request.socket);
  // CONNECT is denied unless a policy allows it, as the reference does.
  if (connection !== undefined) refuseRaw(connection, 405, callbacks);
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  431: 'Request Header Fields Too Large',
};

/** Answers on the bare socket and closes it. */
function refuseRaw(connection: Connection, status: number, callbacks: Http1Callbacks): void {
  const { socket } = connection;
  connection.cause ??= 'limit';
  callbacks.onRefused(connection, status);
  if (!socket.writable) return void socket.destroy();
  const reason = REASONS[status] ?? '';
  socket.end(`HTTP/1.1 ${status} ${reason}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`, () =>
    socket.destroy(),
  );
}

function onClientError(error: Error, socket: Duplex, callbacks: Http1Callbacks): void {
  const connection = connectionOf(socket as Socket);
  const code = errnoOf(error) ?? '';
  // Parser errors are the client's fault and deserve an answer; a broken socket has no one to read it.
  if (connection === undefined || !code.startsWith('HPE_')) return void socket.destroy();
  if (connection.state === 'busy') endConnection(connection, 'client');
  else refuseRaw(connection, code === 'HPE_HEADER_OVERFLOW' ? 431 : 400, callbacks);
}
