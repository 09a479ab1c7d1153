// SPDX-License-Identifier: Apache-2.0
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import { isHopByHop } from '../../shared/names/http-fields.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Endpoint } from './dial.js';
import type { EndpointChoice } from './endpoints.js';
import { answer, type Exchange } from './exchange.js';
import type { FlatHeaders } from './headers.js';
import { countStatus, type StatusCounts } from './http-traffic.js';
import { toRecord } from './http2-exchange.js';
import type { Http2Upstream, UpstreamSession } from './http2-upstream.js';
import { type Passage, passBack } from './passage.js';
import { ReplayBody } from './replay-body.js';
import { type RequestDeadline, startDeadline } from './request-deadline.js';
import type { UpstreamErrors } from './upstream-errors.js';
import type { Upstreams } from './upstreams.js';

/** A request that no backend took goes to another session or endpoint, that many times in all. */
const MAX_ATTEMPTS = 3;

export interface GrpcContext {
  /** Where the request may go. */
  readonly choice: EndpointChoice;
  readonly upstreams: Upstreams;
  readonly statuses: StatusCounts;
  readonly clock: Clock;
}

/** Sends a request to an HTTP/2 backend and streams both directions until both have ended. */
export function forwardGrpc(exchange: Exchange, passage: Passage, context: GrpcContext): void {
  new GrpcForwarding(exchange, passage, context).start();
}

class GrpcForwarding {
  readonly #exchange: Exchange;
  readonly #passage: Passage;
  readonly #statuses: StatusCounts;
  readonly #errors: UpstreamErrors;
  readonly #choice: EndpointChoice;
  readonly #upstreams: Upstreams;
  readonly #body: ReplayBody | undefined;
  readonly #deadline: RequestDeadline;
  #stream: ClientHttp2Stream | undefined;
  #attempts = 0;
  #responded = false;
  /** The client is gone, or has been told that time is up. */
  #over = false;

  constructor(exchange: Exchange, passage: Passage, context: GrpcContext) {
    const { choice, statuses, clock, upstreams } = context;
    this.#exchange = exchange;
    this.#choice = choice;
    this.#upstreams = upstreams;
    this.#body = exchange.body === undefined ? undefined : new ReplayBody(exchange.body);
    this.#passage = passage;
    this.#statuses = statuses;
    this.#errors = upstreams.errors;
    this.#deadline = startDeadline(clock, passage.timeoutMs, this.#onDue);
  }

  start(): void {
    this.#exchange.onClient = this.#onClient;
    if (this.#body !== undefined) {
      this.#body.onBroken = () => this.#stream?.close(constants.NGHTTP2_CANCEL);
    }
    this.#sendNext();
  }

  #sendNext(): void {
    const endpoint = this.#choice.next();
    if (endpoint === undefined) this.#answer(503, 'no backend available');
    else this.#send(endpoint);
  }

  #send(endpoint: Endpoint): void {
    const upstream = this.#upstreams.http2(endpoint);
    upstream.withSession((session) => {
      if (this.#over) return;
      if (session !== undefined) {
        this.#relay(endpoint, upstream, session);
        return;
      }
      // Nothing of the request has left: another endpoint may have it.
      this.#choice.failed(endpoint);
      this.#sendNext();
    });
  }

  #relay(endpoint: Endpoint, upstream: Http2Upstream, session: UpstreamSession): void {
    const exchange = this.#exchange;
    const head = requestHead(exchange.method, this.#passage);
    const stream = upstream.request(session, head, this.#body === undefined);
    this.#stream = stream;
    this.#attempts += 1;
    let trailers: FlatHeaders = [];
    stream.on('headers', (headers) => {
      if (!this.#over) exchange.inform(Number(headers[':status']), toFlat(headers));
    });
    stream.on('response', (headers, flags) => this.#respond(headers, flags));
    stream.on('data', (chunk: Buffer) => {
      if (!this.#over && !exchange.write(chunk)) stream.pause();
    });
    stream.on('trailers', (headers) => {
      trailers = toFlat(headers);
    });
    stream.on('error', () => undefined);
    onEnd(stream, (complete) => {
      if (this.#over) return;
      if (complete && this.#responded) this.#complete(trailers);
      else this.#onBroken(endpoint, stream.rstCode);
    });
    this.#body?.sendTo(stream);
  }

  #complete(trailers: FlatHeaders): void {
    this.#over = true;
    this.#deadline.cancel();
    this.#exchange.end(trailers);
  }

  #onBroken(endpoint: Endpoint, code: number): void {
    // Not processed at all, says the backend, or its GOAWAY did (RFC 9113 §8.7): safe whatever the method.
    const isUntouched = code === constants.NGHTTP2_REFUSED_STREAM && !this.#responded;
    if (isUntouched && this.#attempts < MAX_ATTEMPTS && (this.#body?.isReplayable ?? true)) {
      this.#send(endpoint);
      return;
    }
    this.#errors.note('reset');
    this.#deadline.cancel();
    if (this.#responded) this.#exchange.abort();
    else this.#answer(502, 'backend broke off');
  }

  #respond(raw: IncomingHttpHeaders, flags: number): void {
    if (this.#over) return;
    this.#responded = true;
    this.#body?.settle();
    const status = Number(raw[':status']);
    const body = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0;
    const headers = passBack(toFlat(raw), this.#passage);
    countStatus(this.#statuses, status);
    this.#exchange.respond({ status, reason: '', headers, body, trailers: body });
  }

  #answer(status: number, text: string): void {
    this.#over = true;
    this.#deadline.cancel();
    countStatus(this.#statuses, status);
    answer(this.#exchange, status, text);
  }

  readonly #onClient = (alive: boolean): void => {
    if (alive) {
      this.#stream?.resume();
      return;
    }
    this.#over = true;
    this.#deadline.cancel();
    this.#stream?.close(constants.NGHTTP2_CANCEL);
  };

  readonly #onDue = (): void => {
    this.#over = true;
    this.#errors.note('timeout');
    if (this.#responded) this.#exchange.abort();
    else this.#answer(504, 'backend took too long');
    this.#stream?.close(constants.NGHTTP2_CANCEL);
  };
}

/** Once: with true when the peer ended the stream, with false when it broke off. */
function onEnd(stream: ClientHttp2Stream, ended: (complete: boolean) => void): void {
  let settled = false;
  const settle = (complete: boolean): void => {
    if (settled) return;
    settled = true;
    ended(complete);
  };
  stream.once('end', () => settle(stream.rstCode === constants.NGHTTP2_NO_ERROR));
  stream.once('close', () => settle(false));
}

function requestHead(method: string, passage: Passage): IncomingHttpHeaders {
  const record = toRecord(passage.headers);
  delete record['host'];
  return {
    ...record,
    ':method': method,
    ':path': passage.target,
    ':scheme': 'http',
    ':authority': passage.host,
    // gRPC servers refuse a client that does not say that it takes trailers.
    te: 'trailers',
  } as IncomingHttpHeaders;
}

function toFlat(headers: IncomingHttpHeaders): string[] {
  const flat: string[] = [];
  for (const name in headers) {
    if (name.startsWith(':') || isHopByHop(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') flat.push(name, value);
    else if (value !== undefined) for (const each of value) flat.push(name, each);
  }
  return flat;
}
