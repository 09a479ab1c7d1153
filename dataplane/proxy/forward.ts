// SPDX-License-Identifier: Apache-2.0
import type { Dispatcher } from 'undici';
import { errnoOf } from '../../shared/errors/heartline-error.js';
import { answer, type Exchange } from './exchange.js';
import { hasName, responseHeaders } from './headers.js';
import { countStatus, type StatusCounts } from './http-traffic.js';
import type { PooledClient, UpstreamPool } from './upstream-pool.js';

/** Methods that may be sent again when a kept-alive connection turns out dead (RFC 9110 §9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** undici's codes for a request that HTTP/1.1 cannot express. */
const MALFORMED = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** undici's code for a connection that the other side closed. */
const CLOSED_CONNECTION = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Sends a request to an HTTP/1.1 backend and streams the answer back. */
export function forward(exchange: Exchange, pool: UpstreamPool, statuses: StatusCounts): void {
  new Forwarding(exchange, pool, statuses).start(false);
}

/**
 * One request on its way. It implements undici's raw handler: of the two that version 7 knows, the one
 * that keeps order, case and duplicates of headers and turns nothing into objects.
 */
class Forwarding implements Dispatcher.DispatchHandler {
  readonly #exchange: Exchange;
  readonly #pool: UpstreamPool;
  readonly #statuses: StatusCounts;
  #pooled: PooledClient | undefined;
  #abort: ((error?: Error) => void) | undefined;
  #resume: (() => void) | undefined;
  #responded = false;
  #clientGone = false;

  constructor(exchange: Exchange, pool: UpstreamPool, statuses: StatusCounts) {
    this.#exchange = exchange;
    this.#pool = pool;
    this.#statuses = statuses;
  }

  start(fresh: boolean): void {
    const { method, target, headers, body } = this.#exchange;
    this.#exchange.onClient = this.#onClient;
    this.#pooled = this.#pool.acquire(fresh);
    const options = {
      path: target,
      method: method as Dispatcher.HttpMethod,
      // undici's types ask for a mutable array; it only reads.
      headers: headers as string[],
      body: body ?? null,
      // A connection is kept after HEAD and after a GET with a body too.
      reset: false,
    };
    this.#pooled.client.dispatch(options, this);
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#abort = abort;
    if (this.#clientGone) abort();
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, reason: string): boolean {
    const { connection } = this.#exchange;
    const headers = responseHeaders(raw, connection.group.http?.http1HeaderCase ?? 'lowercase');
    if (status < 200) {
      this.#exchange.inform(status, headers);
      return true;
    }
    this.#resume = resume;
    this.#responded = true;
    countStatus(this.#statuses, status);
    const trailers = hasName(headers, 'trailer');
    this.#exchange.respond({ status, reason, headers, body: true, trailers });
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.#exchange.write(chunk);
  }

  onComplete(trailers: readonly (Buffer | string)[] | null): void {
    this.#release();
    this.#exchange.end(trailers === null ? [] : responseHeaders(trailers, 'preserve'));
  }

  onError(error: Error): void {
    const pooled = this.#pooled;
    const sent = this.#abort !== undefined;
    this.#release();
    if (this.#clientGone) return;
    if (this.#responded) {
      this.#exchange.abort();
    } else if (pooled !== undefined && this.#mayRetry(pooled, error)) {
      this.start(true);
    } else {
      this.#answerError(sent ? 502 : 503, error);
    }
  }

  /** Not sent: the backend is not there (503); sent: it broke off before its answer (502). */
  #answerError(failure: number, error: Error): void {
    const malformed = MALFORMED.has(errnoOf(error) ?? '');
    const status = malformed ? 400 : failure;
    countStatus(this.#statuses, status);
    const text = malformed ? 'request cannot be forwarded' : 'backend did not answer';
    answer(this.#exchange, status, text);
  }

  readonly #onClient = (alive: boolean): void => {
    if (alive) {
      this.#resume?.();
      return;
    }
    this.#clientGone = true;
    // Without this the upstream connection would wait for ever to be read on, and its slot be lost.
    this.#abort?.();
  };

  /** A connection that went stale while it was idle says nothing about the backend. */
  #mayRetry(pooled: PooledClient, error: Error): boolean {
    const { method, body } = this.#exchange;
    const replayable = body === undefined && IDEMPOTENT.has(method);
    return replayable && pooled.uses > 1 && CLOSED_CONNECTION.has(errnoOf(error) ?? '');
  }

  #release(): void {
    if (this.#pooled !== undefined) this.#pool.release(this.#pooled);
    this.#pooled = undefined;
    this.#abort = undefined;
  }
}
