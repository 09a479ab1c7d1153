// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http';
import type { HttpSettings } from '../engine/plan.js';
import { type Connection, endConnection } from '../listeners/connection.js';
import type { Exchange, ResponseHead } from './exchange.js';
import { type FlatHeaders, hasName, withoutNames } from './headers.js';
import type { ArrivingBody, Http1Connection, RunningRequest } from './http1-connection.js';
import { RequestBody } from './request-body.js';
import type { RequestHead } from './request-head.js';
import type { RequestTimer } from './request-timer.js';
import { isBodiless } from './response-head.js';

export interface Http1ExchangeParts {
  readonly connection: Connection;
  readonly driver: Http1Connection;
  readonly settings: HttpSettings;
  readonly head: RequestHead;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for a 100 before it sends the body (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean;
  readonly onStart: (exchange: Exchange) => void;
}

const TRAILER = new Set(['trailer']);
/** Copying more costs more than it saves. */
const MAX_JOINED_BYTES = 4096;

/** One HTTP/1 request and its answer by node:http. */
export class Http1Exchange implements Exchange, RunningRequest, ArrivingBody {
  readonly connection: Connection;
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: FlatHeaders;
  onClient: ((alive: boolean) => void) | undefined = undefined;
  timer: RequestTimer | undefined = undefined;
  readonly #driver: Http1Connection;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #body: RequestBody | undefined;
  readonly #onStart: (exchange: Exchange) => void;
  readonly #lowercase: boolean;
  readonly #maxBufferBytes: number;
  #awaitsContinue: boolean;
  #bodyBegun = false;

  constructor(parts: Http1ExchangeParts) {
    const { connection, driver, settings, head, request, response, onStart } = parts;
    this.connection = connection;
    this.method = request.method ?? '';
    this.target = head.target;
    this.host = head.host;
    this.headers = head.headers;
    this.#driver = driver;
    this.#request = request;
    this.#response = response;
    this.#onStart = onStart;
    this.#lowercase = settings.http1HeaderCase === 'lowercase';
    this.#maxBufferBytes = settings.maxBufferBytes;
    this.#awaitsContinue = parts.expectsContinue && head.hasBody;
    this.#body = head.hasBody ? new RequestBody(request, this.#onBodyWanted) : undefined;
    response.on('close', this.#onClose);
  }

  get body(): RequestBody | undefined {
    return this.#body;
  }

  get arriving(): ArrivingBody | undefined {
    return this.#body === undefined ? undefined : this;
  }

  start(): void {
    this.#onStart(this);
  }

  get complete(): boolean {
    return this.#request.complete;
  }

  wasHeld(): boolean {
    return this.#body?.wasHeld() ?? false;
  }

  refuse(status: number): void {
    if (this.#response.headersSent) {
      endConnection(this.connection, this.#driver.closing ?? 'limit');
      return;
    }
    this.onClient?.(false);
    this.#driver.refuse(status);
  }

  inform(status: number, headers: FlatHeaders): void {
    const { socket } = this.#response;
    // Not to HTTP/1.0 (RFC 9110 §15.2), and not before the answers to earlier requests.
    const isExpected = this.#request.httpVersionMinor > 0 && !this.#response.headersSent;
    if (socket === null || !isExpected || status === 101) return;
    // By hand: node:http knows two of these by name, and throws on a Link that it finds odd.
    let text = `HTTP/1.1 ${status} \r\n`;
    for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    socket.write(`${text}\r\n`, 'latin1');
  }

  respond({ status, reason, headers }: ResponseHead): void {
    const response = this.#response;
    const isBodyless = isBodiless(this.method, status);
    const isChunked =
      response.useChunkedEncodingByDefault && !isBodyless && !hasName(headers, 'content-length');
    this.#decideConnection(isChunked || isBodyless || hasName(headers, 'content-length'));
    // Node throws on a Trailer without a body in chunks to follow.
    const passed =
      isChunked || !hasName(headers, 'trailer') ? headers : withoutNames(headers, TRAILER);
    // Node's types know only pairs or records; a flat array keeps order, case and duplicates.
    const flat = [
      ...passed,
      ...this.#ownHeaders(passed, isChunked),
    ] as unknown as OutgoingHttpHeader[];
    if (reason === '') response.writeHead(status, flat);
    else response.writeHead(status, reason, flat);
    process.nextTick(flushHead, this);
  }

  write(chunk: Buffer): boolean {
    const isFirst = !this.#bodyBegun;
    this.#bodyBegun = true;
    // As text a small chunk leaves in one piece with the head: one write instead of a vector of two.
    const isShort = isFirst && chunk.length <= MAX_JOINED_BYTES;
    const response = this.#response;
    if (isShort ? response.write(chunk.toString('latin1'), 'latin1') : response.write(chunk))
      return true;
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

  /** Without a length or chunks the content ends with the connection (RFC 9112 §6.3), as it does in HTTP/1.0. */
  #decideConnection(hasEnd: boolean): void {
    const { closing } = this.#driver;
    if (closing !== undefined && this.#driver.isNewest(this)) {
      this.connection.cause ??= closing;
      this.#response.shouldKeepAlive = false;
    }
    // The client may send its body all the same, and what follows could be taken for either.
    if (this.#awaitsContinue || !hasEnd) this.#response.shouldKeepAlive = false;
  }

  /** What Node would add by itself, capitalized: written here when names are to be in lower case. */
  #ownHeaders(headers: FlatHeaders, isChunked: boolean): string[] {
    if (!this.#lowercase) return [];
    const own = ['connection', this.#response.shouldKeepAlive ? 'keep-alive' : 'close'];
    if (!hasName(headers, 'date')) own.push('date', new Date().toUTCString());
    if (isChunked) own.push('transfer-encoding', 'chunked');
    return own;
  }

  readonly #onDrain = (): void => this.onClient?.(true);

  readonly #onBodyWanted = (): void => {
    if (!this.#awaitsContinue) return;
    this.#awaitsContinue = false;
    if (!this.#response.headersSent) this.#response.writeContinue();
  };

  readonly #onClose = (): void => {
    this.timer?.end();
    const isComplete = this.#response.writableFinished;
    if (!isComplete) this.onClient?.(false);
    if (isComplete && !this.#request.complete && this.connection.state === 'busy')
      this.#awaitRest();
    else this.#driver.ended();
  };

  /** The answer came before the end of the request: a short rest is read, so that the connection can go on. */
  #awaitRest(): void {
    let left = this.#maxBufferBytes;
    this.#driver.awaitRest();
    this.#request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) endConnection(this.connection, 'limit');
    });
    this.#request.once('end', () => this.#driver.restCame());
    this.#request.resume();
  }
}

function flushHead(exchange: Http1Exchange): void {
  exchange.flush();
}

function pairsOf(headers: FlatHeaders): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < headers.length; i += 2)
    pairs.push([headers[i] ?? '', headers[i + 1] ?? '']);
  return pairs;
}
