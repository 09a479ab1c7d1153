// SPDX-License-Identifier: Apache-2.0
import {
  createServer,
  type IncomingHttpHeaders,
  IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errnoOf } from '../../shared/errors/heartline-error.js';
import type { CloseCause } from '../engine/report.js';
import { type Connection, endConnection } from '../listeners/connection.js';
import { connectionOf } from '../listeners/registry.js';
import { answer, type Exchange } from './exchange.js';
import { type FlatHeaders, passableUpgrade, valuesOf } from './headers.js';
import { Http1Connection } from './http1-connection.js';
import { Http1Exchange } from './http1-exchange.js';
import { type RawRequestHead, type RequestHead, readRequestHead } from './request-head.js';

export interface Http1Callbacks {
  /** A request to forward. */
  readonly onRequest: (exchange: Exchange) => void;
  /** A request that asks to change protocols; the socket is ours to pass through. */
  readonly onUpgrade: (upgrade: UpgradeRequest) => void;
  /** Answered here, without a route. */
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

const PlainRequest = IncomingMessage as unknown as new (
  socket: Socket,
) => Omit<IncomingMessage, 'headers'>;

/**
 * Node asks every request whether it expects something, and makes a record of all headers for that. Nothing else reads
 * the record: what is passed on comes from the raw ones.
 */
class LeanRequest extends PlainRequest {
  get headers(): IncomingHttpHeaders {
    const expect = valuesOf(this.rawHeaders, 'expect');
    return expect.length === 0 ? NO_HEADERS : { expect: expect.join(', ') };
  }
}

const NO_HEADERS: IncomingHttpHeaders = Object.freeze({});

/** Room for 4096 headers, the most a policy allows, of 64 bytes each; `http1MaxHeaders` is the limit. */
const MAX_HEAD_BYTES = 256 * 1024;

/**
 * HTTP/1 by node:http, which never listens here. All of Node's timeouts are off (the engine's wheel
 * has them) and so is its header limit, which drops headers silently on Node 20.
 */
export function createHttp1Door(callbacks: Http1Callbacks): Http1Door {
  const server = createServer({
    IncomingMessage: LeanRequest as unknown as typeof IncomingMessage,
    insecureHTTPParser: false,
    maxHeaderSize: MAX_HEAD_BYTES,
    keepAliveTimeout: 0,
    requestTimeout: 0,
    headersTimeout: 0,
    // Checked with the rest of the head, and counted.
    requireHostHeader: false,
  });
  server.timeout = 0;
  server.maxHeadersCount = 0;
  // Not in Node's types: a client that half-closes after its request still gets the answer.
  (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;

  const on = (expects: Expectation) => (request: IncomingMessage, response: ServerResponse) =>
    onRequest({ request, response, expects }, callbacks);
  server.on('request', on('nothing'));
  server.on('checkContinue', on('continue'));
  server.on('checkExpectation', on('unknown'));
  server.on('upgrade', (request, socket, head) =>
    onUpgrade(server, { request, socket, head }, callbacks),
  );
  server.on('connect', onConnect);
  server.on('clientError', onClientError);
  return { take: (connection) => take(server, connection) };
}

function take(server: Server, connection: Connection): void {
  const { socket } = connection;
  server.emit('connection', socket);
  // Called after an answer with `Connection: close`. Node's own destroys at once, and the reset for what the client still
  // sends can overtake the answer.
  socket.destroySoon = () => {
    const driver = driverOf(connection);
    if (driver === undefined) socket.destroy();
    else driver.finish(driver.closing);
  };
}

function driverOf(connection: Connection): Http1Connection | undefined {
  return connection.driver instanceof Http1Connection ? connection.driver : undefined;
}

type Expectation = 'nothing' | 'continue' | 'unknown';

interface IncomingRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly expects: Expectation;
}

function onRequest(incoming: IncomingRequest, callbacks: Http1Callbacks): void {
  const connection = connectionOf(incoming.request.socket);
  const driver = connection === undefined ? undefined : driverOf(connection);
  const settings = connection?.group.http;
  if (connection === undefined || driver === undefined || settings === undefined) return;
  if (connection.state === 'closing') {
    driver.requestAfterEnd();
    return;
  }
  if (driver.isDeaf) return;
  const { request, response, expects } = incoming;
  const head = readRequestHead(rawHead(request), settings);
  const refusal = head.refusal ?? refuseExpectation(expects);
  if (head.refusal === undefined && refusal === undefined) {
    // Every field is named: V8 makes a new shape for each object that is spread and then added to, which costs microseconds.
    const exchange = new Http1Exchange({
      connection,
      driver,
      settings,
      head,
      request,
      response,
      expectsContinue: expects === 'continue',
      onStart: callbacks.onRequest,
    });
    driver.begin(exchange);
    return;
  }
  const { status, text } = refusal ?? { status: 400, text: '' };
  refuseRequest(incoming, { connection, driver, status, text }, callbacks);
}

function refuseExpectation(expects: Expectation): { status: number; text: string } | undefined {
  return expects === 'unknown'
    ? { status: 417, text: 'only 100-continue is understood' }
    : undefined;
}

interface Refusal {
  readonly connection: Connection;
  readonly driver: Http1Connection;
  readonly status: number;
  readonly text: string;
}

/** Whatever follows a refused request is not read as another one. */
function refuseRequest(
  { request, response }: IncomingRequest,
  { connection, driver, status, text }: Refusal,
  callbacks: Http1Callbacks,
): void {
  driver.isDeaf = true;
  driver.closing ??= 'limit';
  const settings = connection.group.http;
  if (driver.running === 0 || settings === undefined) {
    driver.refuse(status, text);
    return;
  }
  // Answers to earlier requests come first.
  const head: RequestHead = {
    refusal: undefined,
    target: '',
    host: '',
    headers: [],
    hasBody: false,
  };
  const onStart = (exchange: Exchange): void => {
    answer(exchange, status, text);
    callbacks.onRefused(connection, status);
  };
  const parts = { connection, driver, settings, head, request, response, expectsContinue: false };
  driver.begin(new Http1Exchange({ ...parts, onStart }));
}

function rawHead(request: IncomingMessage): RawRequestHead {
  const { method = '', url: target = '', httpVersionMajor, httpVersionMinor, rawHeaders } = request;
  return { method, target, httpVersionMajor, httpVersionMinor, rawHeaders };
}

interface UpgradeParts {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

function onUpgrade(server: Server, parts: UpgradeParts, callbacks: Http1Callbacks): void {
  const { request, head } = parts;
  const connection = connectionOf(request.socket);
  const driver = connection === undefined ? undefined : driverOf(connection);
  const settings = connection?.group.http;
  if (connection === undefined || driver === undefined || settings === undefined) return;
  if (isOutOfTurn(connection, driver)) return;
  const read = readRequestHead(rawHead(request), settings);
  if (read.refusal !== undefined) {
    driver.refuse(read.refusal.status, read.refusal.text);
    return;
  }
  const protocol = passableUpgrade(valuesOf(request.rawHeaders, 'upgrade').join(', '));
  // With content or another method the request is answered without the upgrade, as RFC 9110 §7.8 allows; HTTP/1.0 has none.
  const isHandshake = request.method === 'GET' && !read.hasBody && request.httpVersionMinor > 0;
  if (protocol === '' || !isHandshake) {
    continueAsHttp1(server, request, head);
    return;
  }
  const { target, host, headers } = read;
  driver.upgraded();
  callbacks.onUpgrade({ connection, target, host, headers, protocol, head });
}

/** Node has let go of the socket while earlier requests are not answered: nothing sent now would be in order. */
function isOutOfTurn(connection: Connection, driver: Http1Connection): boolean {
  if (connection.state !== 'closing' && driver.running === 0) return false;
  endConnection(connection, 'limit');
  return true;
}

/**
 * The request is answered as plain HTTP/1. Node has let go of the socket by now, so the head goes back into it without its
 * Upgrade field.
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

/** CONNECT is denied unless a policy allows it, as the reference does. */
function onConnect(request: IncomingMessage): void {
  const connection = connectionOf(request.socket);
  const driver = connection === undefined ? undefined : driverOf(connection);
  if (connection === undefined || driver === undefined || isOutOfTurn(connection, driver)) return;
  driver.refuse(405, 'CONNECT is not allowed');
}

/** What the client did, by the parser's code; all others are bytes that are no HTTP. */
const PARSER_ERRORS: Readonly<
  Record<string, { readonly status: number; readonly cause: CloseCause }>
> = {
  HPE_HEADER_OVERFLOW: { status: 431, cause: 'limit' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, cause: 'limit' },
  HPE_INVALID_EOF_STATE: { status: 400, cause: 'client' },
  HPE_CLOSED_CONNECTION: { status: 400, cause: 'client' },
};

function onClientError(error: Error, socket: Duplex): void {
  const connection = connectionOf(socket as Socket);
  const driver = connection === undefined ? undefined : driverOf(connection);
  const code = errnoOf(error) ?? '';
  // Parser errors are the client's fault and deserve an answer; a broken socket has no one to read it.
  if (driver === undefined || !code.startsWith('HPE_')) return void socket.destroy();
  const { status, cause } = PARSER_ERRORS[code] ?? { status: 400, cause: 'limit' };
  driver.malformed(status, cause);
}
