// SPDX-License-Identifier: Apache-2.0
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { endConnection } from '../listeners/connection.js';
import type { Endpoint } from './dial.js';
import type { ForwardContext } from './forward.js';
import { type FlatHeaders, responseHeaders, valuesOf } from './headers.js';
import { countStatus, type StatusCounts } from './http-traffic.js';
import type { UpgradeRequest } from './http1-node.js';
import { type Passage, passBack } from './passage.js';
import { headText } from './raw-answer.js';
import { type RequestDeadline, startDeadline } from './request-deadline.js';
import { plainReason, readResponseHead } from './response-head.js';
import { splice } from './splice.js';
import type { PooledClient, UpstreamPool } from './upstream-pool.js';

/** Asks the backend to change protocols and passes bytes through once it has. */
export function forwardUpgrade(
  request: UpgradeRequest,
  passage: Passage,
  context: ForwardContext,
): void {
  const endpoint = context.choice.next();
  if (endpoint !== undefined) {
    new Upgrade(request, passage, { ...context, endpoint }).start();
    return;
  }
  countStatus(context.statuses, 503);
  answerUpgrade(request, 503);
}

interface UpgradeContext extends ForwardContext {
  readonly endpoint: Endpoint;
}

/** Answers on a bare socket whose HTTP parser is gone, and ends it. */
export function answerUpgrade(
  request: UpgradeRequest,
  status: number,
  headers: FlatHeaders = [],
): void {
  const { socket } = request.connection;
  const reason = STATUS_CODES[status] ?? '';
  socket.end(headText(status, reason, [...headers, 'content-length', '0'], 'close'), 'latin1');
  socket.resume();
}

/** One handshake; undici's raw handler, see `forward.ts`. */
class Upgrade implements Dispatcher.DispatchHandler {
  readonly #context: UpgradeContext;
  readonly #request: UpgradeRequest;
  readonly #passage: Passage;
  readonly #pool: UpstreamPool;
  readonly #statuses: StatusCounts;
  readonly #pooled: PooledClient;
  readonly #deadline: RequestDeadline;
  #abort: (() => void) | undefined;
  /** The client is gone, or has been told that time is up. */
  #over = false;
  #answered = false;

  constructor(request: UpgradeRequest, passage: Passage, context: UpgradeContext) {
    const { statuses, clock, endpoint, upstreams } = context;
    this.#context = context;
    this.#request = request;
    this.#passage = passage;
    this.#pool = upstreams.pool(endpoint);
    this.#statuses = statuses;
    this.#deadline = startDeadline(clock, passage.timeoutMs, this.#onDue);
    // A connection of its own: one that was idle could be stale, and a handshake is not repeated.
    this.#pooled = this.#pool.acquire(true);
  }

  start(): void {
    const { connection, protocol } = this.#request;
    const { target, headers } = this.#passage;
    connection.socket.once('close', this.#onClientGone);
    const options = {
      path: target,
      method: 'GET' as const,
      headers: headers as string[],
      upgrade: protocol,
    };
    this.#pooled.client.dispatch(options, this);
  }

  onConnect(abort: () => void): void {
    this.#abort = abort;
    if (this.#over) abort();
  }

  onUpgrade(status: number, raw: Buffer[] | string[] | null, _socket: Duplex): void {
    const { connection, head, protocol } = this.#request;
    const upstream = this.#pooled.connection;
    this.#detach();
    if (upstream === undefined) {
      endConnection(connection, 'upstream');
      return;
    }
    upstream.protocol = 'websocket';
    upstream.state = 'upgraded';
    this.#count(status);
    const [accepted = protocol] = valuesOf((raw ?? []).map(String), 'upgrade');
    const headers = ['upgrade', accepted, ...this.#passBack(raw ?? [])];
    connection.socket.write(headText(status, 'Switching Protocols', headers, 'upgrade'), 'latin1');
    if (head.length > 0) upstream.socket.write(head);
    splice(connection, upstream);
  }

  /** The backend declined: its answer is passed on, and ends the connection. */
  onHeaders(status: number, raw: Buffer[], resume: () => void, reason: string): boolean {
    if (status < 200 || this.#over) return true;
    const { headers, problem } = readResponseHead(status, raw, this.#passage.headerCase);
    if (problem !== undefined) {
      this.#abort?.();
      return true;
    }
    const { socket } = this.#request.connection;
    this.#count(status);
    socket.on('drain', resume);
    const passed = passBack(headers, this.#passage);
    socket.write(headText(status, plainReason(reason), passed, 'close'), 'latin1');
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.#request.connection.socket.write(chunk);
  }

  onComplete(): void {
    this.#detach();
    this.#request.connection.socket.end();
    this.#request.connection.socket.resume();
  }

  onError(): void {
    const isSent = this.#abort !== undefined;
    this.#detach();
    if (this.#over) return;
    if (!isSent) {
      // Nothing of the request has left: another endpoint may have it.
      this.#context.choice.failed(this.#context.endpoint);
      forwardUpgrade(this.#request, this.#passage, this.#context);
      return;
    }
    this.#context.upstreams.errors.note('reset');
    if (this.#answered) {
      endConnection(this.#request.connection, 'upstream');
    } else {
      this.#count(503);
      answerUpgrade(this.#request, 503);
    }
  }

  #passBack(raw: readonly (Buffer | string)[]): FlatHeaders {
    return passBack(responseHeaders(raw, this.#passage.headerCase), this.#passage);
  }

  readonly #onClientGone = (): void => {
    this.#over = true;
    this.#abort?.();
  };

  readonly #onDue = (): void => {
    this.#over = true;
    this.#context.upstreams.errors.note('timeout');
    if (this.#answered) {
      endConnection(this.#request.connection, 'upstream');
    } else {
      this.#count(504);
      answerUpgrade(this.#request, 504);
    }
    this.#abort?.();
  };

  /** The connection is not the pool's any more, whatever became of it. */
  #detach(): void {
    this.#deadline.cancel();
    this.#request.connection.socket.off('close', this.#onClientGone);
    this.#pool.forget(this.#pooled);
    void this.#pooled.client.destroy();
  }

  #count(status: number): void {
    this.#answered = true;
    countStatus(this.#statuses, status);
  }
}
