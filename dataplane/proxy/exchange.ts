// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import type { Connection } from '../listeners/connection.js';
import { grpcAnswer, isGrpc } from './grpc-status.js';
import type { FlatHeaders } from './headers.js';
import type { RequestTimer } from './request-timer.js';

/**
 * One request and the way to answer it, the same for every HTTP version: the proxy knows no more of a
 * client than this, and no type of a server library passes it.
 */
export interface Exchange {
  readonly connection: Connection;
  readonly method: string;
  /** Origin form (`/path?query`). */
  readonly target: string;
  /** Host header or :authority; empty when the request has none. */
  readonly host: string;
  /** End-to-end request headers, hop-by-hop ones removed. */
  readonly headers: FlatHeaders;
  /** Undefined when the request has no body. */
  readonly body: Readable | undefined;
  /** Called with true when `write` said stop and may go on, with false when the client is gone. */
  onClient: ((alive: boolean) => void) | undefined;
  /** Ended when the exchange is over, however it ended. */
  timer: RequestTimer | undefined;
  /** An informational response (1xx). */
  inform(status: number, headers: FlatHeaders): void;
  respond(head: ResponseHead): void;
  /** False: wait for `onClient`. */
  write(chunk: Buffer): boolean;
  end(trailers: FlatHeaders): void;
  /** The response cannot be completed: the client must see it as broken off. */
  abort(): void;
}

export interface ResponseHead {
  readonly status: number;
  /** Reason phrase; empty for the standard one. */
  readonly reason: string;
  readonly headers: FlatHeaders;
  /** False: the head is all there is, nothing else is called but `end`. */
  readonly body: boolean;
  /** Whether `end` may bring trailers; HTTP/2 has to know before the body. */
  readonly trailers: boolean;
}

/** Answers for the proxy itself: a status, one line of text, and `more` headers; to a gRPC client in its own words. */
export function answer(
  exchange: Exchange,
  status: number,
  text: string,
  more: FlatHeaders = [],
): void {
  if (status >= 400 && isGrpc(exchange.headers)) {
    const headers = grpcAnswer(status, text);
    exchange.respond({ status: 200, reason: '', headers, body: false, trailers: false });
    exchange.end([]);
    return;
  }
  const body = Buffer.from(`${text}\n`);
  const own = ['content-type', 'text/plain; charset=utf-8', 'content-length', `${body.length}`];
  const headers = more.length === 0 ? own : [...own, ...more];
  exchange.respond({ status, reason: '', headers, body: true, trailers: false });
  exchange.write(body);
  exchange.end([]);
}
