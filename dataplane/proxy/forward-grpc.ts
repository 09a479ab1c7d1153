// SPDX-License-Identifier: Apache-2.0
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { isHopByHop } from '../../shared/names/http-fields.js';
import type { Clock } from '../../shared/time/clock.js';
import type { EndpointChoice } from './endpoints.js';
import { answer, type Exchange } from './exchange.js';
import { type FlatHeaders, hasName, valuesOf } from './headers.js';
import { countStatus, type StatusCounts } from './http-traffic.js';
import { toRecord } from './http2-exchange.js';
import type { Http2Upstream } from './http2-upstream.js';
import { type Passage, passBack } from './passage.js';
import { type RequestDeadline, startDeadline } from './request-deadline.js';
import type { UpstreamErrors } from './upstream-errors.js';
import type { Upstreams } from './upstreams.js';

/** gRPC needs HTTP/2 on both sides: its status is in the trailers. */
export function isGrpc(headers: FlatHeaders): boolean {
  if (!hasName(headers, 'content-type')) return false;
  const [type = ''] = valuesOf(headers, 'content-type');
  return type.startsWith('application/grpc');
}

export interface GrpcContext {
  /** Where the request may go. */
  readonly choice: EndpointChoice;
  readonly upstreams: Upstreams;
  readonly statuses: StatusCounts;
  readonly clock: Clock;
}

/** Sends a request to an HTTP/2 backend and streams both directions until both have ended. */
export function forwardGrpc(exchange: Exchange, passage: Passage, context: GrpcContext): void {
  new GrpcForwarding(exchange, passage, context).start(context);
}

class GrpcForwarding {
  readonly #exchange: Exchange;
  readonly #passage: Passage;
  readonly #statuses: StatusCounts;
  readonly #errors: UpstreamErrors;
  readonly #deadline: RequestDeadline;
  #stream: ClientHttp2Stream | undefined;
  #responded = false;
  /** The client is gone, or has been told that time is up. */
  #over = false;

  constructor(exchange: Exchange, passage: Passage, { statuses, clock, upstreams }: GrpcContext) {
    this.#exchange = exchange;
    this.#passage = passage;
    this.#statuses = statuses;
    this.#errors = upstreams.errors;
    this.#deadline = startDeadline(clock, passage.timeoutMs, this.#onDue);
  }

  start(context: Pick<GrpcContext, 'choice' | 'upstreams'>): void {
    const { choice, upstreams } = context;
    this.#exchange.onClient = this.#onClient;
    const endpoint = choice.next();
    if (endpoint === undefined) {
      this.#answer(503, 'no backend available');
      return;
    }
    const upstream = upstreams.http2(endpoint);
    upstream.withSession((session, _error) => {
      if (this.#over) return;
      if (session !== undefined) {
        this.#relay(session, upstream);
        return;
      }
      // Nothing of the request has left: another endpoint may have it.
      choice.failed(endpoint);
      this.start(context);
    });
  }

  #relay(session: ClientHttp2Session, upstream: Http2Upstream): void {
    const exchange = this.#exchange;
    const stream = session.request(requestHead(exchange.method, this.#passage), {
      endStream: exchange.body === undefined,
    });
    this.#stream = stream;
    upstream.count(stream);
    let trailers: FlatHeaders = [];
    exchange.body?.on('error', () => stream.close(constants.NGHTTP2_CANCEL));
    exchange.body?.pipe(stream);
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
      this.#deadline.cancel();
      if (this.#over) return;
      if (!complete) this.#errors.note('reset');
      if (complete) exchange.end(trailers);
      else if (this.#responded) exchange.abort();
      else this.#answer(502, 'backend broke off');
    });
  }

  #respond(raw: IncomingHttpHeaders, flags: number): void {
    if (this.#over) return;
    this.#responded = true;
    const status = Number(raw[':status']);
    const body = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0;
    const headers = passBack(toFlat(raw), this.#passage);
    countStatus(this.#statuses, status);
    this.#exchange.respond({ status, reason: '', headers, body, trailers: body });
  }

  #answer(status: number, text: string): void {
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
