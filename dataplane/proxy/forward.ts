// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { errnoOf, HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Endpoint } from './dial.js';
import type { EndpointChoice } from './endpoints.js';
import { answer, type Exchange } from './exchange.js';
import { hasName, trailerFields } from './headers.js';
import { countStatus, type StatusCounts } from './http-traffic.js';
import { type Passage, passBack } from './passage.js';
import { type RequestDeadline, startDeadline } from './request-deadline.js';
import { isBodiless, plainReason, readResponseHead } from './response-head.js';
import type { PooledClient } from './upstream-pool.js';
import type { Upstreams } from './upstreams.js';

/** Methods that may be sent again when a kept-alive connection turns out dead (RFC 9110 §9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** undici's codes for a request that HTTP/1.1 cannot express. */
const MALFORMED = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** undici's code for a connection that the other side closed. */
const CLOSED_CONNECTION = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

export interface ForwardContext {
  /** Where the request may go. */
  readonly choice: EndpointChoice;
  readonly upstreams: Upstreams;
  readonly statuses: StatusCounts;
  readonly clock: Clock;
}

/** Sends a request to an HTTP/1.1 backend and streams the answer back. */
export function forward(exchange: Exchange, passage: Passage, context: ForwardContext): void {
  new Forwarding(exchange, passage, context).start();
}

/**
 * One request on its way. It implements undici's raw handler: of the two that version 7 knows, the one
 * that keeps order, case and duplicates of headers and turns nothing into objects.
 */
class Forwarding implements Dispatcher.DispatchHandler {
  readonly #exchange: Exchange;
  readonly #passage: Passage;
  readonly #choice: EndpointChoice;
  readonly #upstreams: Upstreams;
  readonly #statuses: StatusCounts;
  readonly #deadline: RequestDeadline;
  #endpoint: Endpoint | undefined;
  #pooled: PooledClient | undefined;
  #abort: ((error?: Error) => void) | undefined;
  #resume: (() => void) | undefined;
  /** The kept-alive connection that has the request, and what it had received before. */
  #upstreamSocket: Socket | undefined;
  #bytesBefore = 0;
  #responded = false;
  /** The client is gone, or has been told that time is up: whatever the backend still says is for nobody. */
  #over = false;

  constructor(exchange: Exchange, passage: Passage, context: ForwardContext) {
    const { choice, upstreams, statuses, clock } = context;
    this.#exchange = exchange;
    this.#passage = passage;
    this.#choice = choice;
    this.#upstreams = upstreams;
    this.#statuses = statuses;
    // One limit over all attempts: another one only follows when nothing of the request has reached a backend.
    this.#deadline = startDeadline(clock, passage.timeoutMs, this.#onDue);
  }

  /** Begins at the next endpoint; without one the answer is 503. */
  start(): void {
    this.#endpoint = this.#choice.next();
    if (this.#endpoint === undefined) {
      this.#deadline.cancel();
      countStatus(this.#statuses, 503);
      answer(this.#exchange, 503, 'no backend available');
      return;
    }
    this.#send(this.#endpoint, false);
  }

  #send(endpoint: Endpoint, fresh: boolean): void {
    const { method } = this.#exchange;
    const { target, headers } = this.#passage;
    this.#exchange.onClient = this.#onClient;
    this.#pooled = this.#upstreams.pool(endpoint).acquire(fresh);
    this.#upstreamSocket = this.#pooled.connection?.socket;
    this.#bytesBefore = this.#upstreamSocket?.bytesRead ?? 0;
    const options = {
      path: target,
      method: method as Dispatcher.HttpMethod,
      // undici's types ask for a mutable array; it only reads.
      headers: headers as string[],
      body: this.#exchange.body ?? null,
      // A connection is kept after HEAD and after a GET with a body too.
      reset: false,
    };
    this.#pooled.client.dispatch(options, this);
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#abort = abort;
    if (this.#over) abort();
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, reason: string): boolean {
    if (this.#over) return true;
    const { headers, problem, hasLength } = readResponseHead(status, raw, this.#passage.headerCase);
    if (problem !== undefined) {
      this.#abort?.(new HeartlineError('INVALID_WIRE', `the backend's response has ${problem}`));
      return true;
    }
    if (status < 200) {
      this.#exchange.inform(status, headers);
      return true;
    }
    this.#resume = resume;
    this.#responded = true;
    countStatus(this.#statuses, status);
    const passed = passBack(headers, this.#passage);
    const trailers = hasName(passed, 'trailer');
    const phrase = plainReason(reason);
    this.#exchange.respond({ status, reason: phrase, headers: passed, body: true, trailers });
    if (hasLength && isBodiless(this.#exchange.method, status)) this.#completeEarly();
    return true;
  }

  /** undici misses the content that a Content-Length in a 304 describes, and would break off a response that is whole. */
  #completeEarly(): void {
    this.#over = true;
    this.#deadline.cancel();
    this.#exchange.end([]);
  }

  onData(chunk: Buffer): boolean {
    return this.#over || this.#exchange.write(chunk);
  }

  onComplete(trailers: readonly (Buffer | string)[] | null): void {
    this.#deadline.cancel();
    this.#release();
    if (this.#over) return;
    this.#exchange.end(trailers === null ? [] : trailerFields(trailers));
  }

  onError(error: Error): void {
    const pooled = this.#pooled;
    const sent = this.#abort !== undefined;
    this.#release();
    if (this.#over) return;
    const endpoint = this.#endpoint;
    if (!this.#responded && pooled !== undefined && endpoint !== undefined) {
      if (this.#mayRetry(pooled, error)) {
        this.#upstreams.errors.note('stale_retry');
        this.#send(endpoint, true);
        return;
      }
      if (!sent && this.#tryNext(endpoint, error)) return;
    }
    this.#deadline.cancel();
    if (sent) this.#upstreams.errors.noteBroken(error);
    if (this.#responded) this.#exchange.abort();
    else this.#answerError(sent ? 502 : 503, error);
  }

  /** Nothing of the request has left: another endpoint may have it. */
  #tryNext(endpoint: Endpoint, error: Error): boolean {
    if (MALFORMED.has(errnoOf(error) ?? '') || this.#exchange.body?.destroyed) return false;
    this.#choice.failed(endpoint);
    const next = this.#choice.next();
    if (next === undefined) return false;
    this.#endpoint = next;
    this.#send(next, false);
    return true;
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
    this.#over = true;
    this.#deadline.cancel();
    // Without this the upstream connection would wait for ever to be read on, and its slot be lost.
    this.#abort?.();
  };

  readonly #onDue = (): void => {
    this.#over = true;
    this.#upstreams.errors.note('timeout');
    if (this.#responded) {
      // Half an answer cannot be taken back: the client must see it as broken off.
      this.#exchange.abort();
    } else {
      countStatus(this.#statuses, 504);
      answer(this.#exchange, 504, 'backend took too long');
    }
    this.#abort?.();
  };

  /** A connection that went stale while it was idle says nothing about the backend; one that began to answer does. */
  #mayRetry(pooled: PooledClient, error: Error): boolean {
    const { method, body } = this.#exchange;
    const replayable = body === undefined && IDEMPOTENT.has(method);
    if (!replayable || pooled.uses === 1 || !CLOSED_CONNECTION.has(errnoOf(error) ?? ''))
      return false;
    return this.#upstreamSocket?.bytesRead === this.#bytesBefore;
  }

  #release(): void {
    this.#pooled?.pool.release(this.#pooled);
    this.#pooled = undefined;
    this.#abort = undefined;
  }
}
