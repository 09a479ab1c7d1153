// SPDX-License-Identifier: Apache-2.0
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { answer, type Exchange, type FlatHeaders } from './exchange.js';
import { hasName, isHopByHop, valuesOf } from './headers.js';
import { countStatus, type StatusCounts } from './http-traffic.js';
import { toRecord } from './http2-node.js';
import type { Http2Upstream } from './http2-upstream.js';

/** gRPC needs HTTP/2 on both sides: its status is in the trailers. */
export function isGrpc(headers: FlatHeaders): boolean {
  if (!hasName(headers, 'content-type')) return false;
  const [type = ''] = valuesOf(headers, 'content-type');
  return type.startsWith('application/grpc');
}

/** Sends a request to an HTTP/2 backend and streams both directions until both have ended. */
export function forwardGrpc(
  exchange: Exchange,
  upstream: Http2Upstream,
  statuses: StatusCounts,
): void {
  let clientGone = false;
  exchange.onClient = (alive) => {
    clientGone ||= !alive;
  };
  upstream.withSession((session, _error) => {
    if (clientGone) return;
    if (session === undefined) {
      countStatus(statuses, 503);
      answer(exchange, 503, 'backend did not answer');
      return;
    }
    relay(exchange, session, statuses);
  });
}

function relay(exchange: Exchange, session: ClientHttp2Session, statuses: StatusCounts): void {
  const stream = session.request(requestHead(exchange), {
    endStream: exchange.body === undefined,
  });
  let responded = false;
  let trailers: FlatHeaders = [];
  exchange.body?.on('error', () => stream.close(constants.NGHTTP2_CANCEL));
  exchange.body?.pipe(stream);
  exchange.onClient = (alive) => {
    if (alive) stream.resume();
    else stream.close(constants.NGHTTP2_CANCEL);
  };
  stream.on('headers', (headers) => {
    exchange.inform(Number(headers[':status']), toFlat(headers));
  });
  stream.on('response', (headers, flags) => {
    responded = true;
    const status = Number(headers[':status']);
    const body = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0;
    countStatus(statuses, status);
    exchange.respond({ status, reason: '', headers: toFlat(headers), body, trailers: body });
  });
  stream.on('data', (chunk: Buffer) => {
    if (!exchange.write(chunk)) stream.pause();
  });
  stream.on('trailers', (headers) => {
    trailers = toFlat(headers);
  });
  stream.on('error', () => undefined);
  onEnd(stream, (complete) => {
    if (complete) exchange.end(trailers);
    else if (responded) exchange.abort();
    else {
      countStatus(statuses, 502);
      answer(exchange, 502, 'backend broke off');
    }
  });
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

function requestHead(exchange: Exchange): IncomingHttpHeaders {
  const record = toRecord(exchange.headers);
  delete record['host'];
  return {
    ...record,
    ':method': exchange.method,
    ':path': exchange.target,
    ':scheme': 'http',
    ':authority': exchange.host,
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
