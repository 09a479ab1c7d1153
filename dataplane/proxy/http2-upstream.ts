// SPDX-License-Identifier: Apache-2.0
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { type Connection, endConnection } from '../listeners/connection.js';
import type { Dialer, Endpoint } from './dial.js';

/** As towards clients: 1 MiB a stream, 2 MiB a connection. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 2 * 1024 * 1024;

/** Ours, until the backend says its own (RFC 9113 §6.5.2 recommends no less). */
const MAX_STREAMS = 100;

type Waiter = (session: UpstreamSession | undefined) => void;

/** One HTTP/2 connection to a backend. */
export interface UpstreamSession {
  readonly session: ClientHttp2Session;
  readonly connection: Connection;
  /** Requests that run on it. */
  readonly streams: Set<ClientHttp2Stream>;
}

/**
 * The HTTP/2 sessions to one backend, opened with prior knowledge when needed: requests share one as long as it takes
 * more streams at once, then another is opened. A session that ends, or says GOAWAY, gets no new ones.
 */
export class Http2Upstream {
  readonly #endpoint: Endpoint;
  readonly #dialer: Dialer;
  /** Oldest first: the newer ones empty when there is less to do. */
  readonly #sessions: UpstreamSession[] = [];
  /** Requests that wait for the one that is being opened. */
  #waiting: Waiter[] | undefined;
  #streams = 0;
  #closed = false;

  constructor(endpoint: Endpoint, dialer: Dialer) {
    this.#endpoint = endpoint;
    this.#dialer = dialer;
  }

  /** Calls back with a session that takes another stream, to be opened in the call; without one when none can be had. */
  withSession(use: Waiter): void {
    const free = this.#sessions.find(hasRoom);
    if (free !== undefined) use(free);
    else if (this.#waiting !== undefined) this.#waiting.push(use);
    else this.#dial(use);
  }

  /** Requests that run. */
  get streams(): number {
    return this.#streams;
  }

  /** Opens a stream and counts it until it is closed. */
  request(on: UpstreamSession, head: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
    const stream = on.session.request(head, { endStream });
    this.#streams += 1;
    on.connection.requests += 1;
    on.streams.add(stream);
    stream.once('close', () => {
      this.#streams -= 1;
      on.streams.delete(stream);
    });
    return stream;
  }

  /** Streams that run may finish. */
  close(): void {
    this.#closed = true;
    for (const { session } of this.#sessions.splice(0)) session.close();
  }

  #dial(first: Waiter): void {
    this.#waiting = [first];
    this.#dialer.dial({ ...this.#endpoint, protocol: 'h2' }, ({ connection }) => {
      if (connection === undefined) this.#serve(undefined);
      else this.#open(connection);
    });
  }

  /** Those for whom there is no room on it look for another one. */
  #serve(opened: UpstreamSession | undefined): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const use of waiting) {
      if (opened === undefined) use(undefined);
      else this.withSession(use);
    }
  }

  #open(connection: Connection): void {
    const { host, port } = this.#endpoint;
    const session = connect(`http://${host.includes(':') ? `[${host}]` : host}:${port}`, {
      createConnection: () => connection.socket,
      settings: { initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false },
    });
    const opened: UpstreamSession = { session, connection, streams: new Set() };
    let isReady = false;
    const leave = (): void => {
      const at = this.#sessions.indexOf(opened);
      if (at !== -1) this.#sessions.splice(at, 1);
      if (!isReady) this.#serve(undefined);
      isReady = true;
    };
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    // Its first frame (RFC 9113 §3.4), and the number of streams that it takes.
    session.once('remoteSettings', () => {
      if (isReady) return;
      isReady = true;
      if (!this.#closed) this.#sessions.push(opened);
      this.#serve(this.#closed ? undefined : opened);
      if (this.#closed) session.close();
    });
    // The requests that fail with it tell their clients; nothing else is to be done.
    session.on('error', leave);
    session.on('goaway', leave);
    // By now the library reads the handle; nothing but its end comes out of the socket, to one who listens.
    session.once('connect', () => connection.socket.resume());
    // The socket may be half open, and then node:http2 waits for answers that cannot come any more.
    connection.socket.once('end', () => {
      leave();
      for (const stream of opened.streams) breakOff(stream);
      session.close();
    });
    session.on('close', () => {
      leave();
      endConnection(connection, 'upstream');
    });
    session.unref();
  }
}

function hasRoom({ session, streams }: UpstreamSession): boolean {
  if (session.closed || session.destroyed) return false;
  return streams.size < (session.remoteSettings.maxConcurrentStreams ?? MAX_STREAMS);
}

/** Ends a stream whose answer is not complete. */
function breakOff(stream: ClientHttp2Stream): void {
  const { NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE, NGHTTP2_STREAM_STATE_CLOSED } = constants;
  const { state } = stream.state;
  const isComplete =
    state === NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE || state === NGHTTP2_STREAM_STATE_CLOSED;
  // Without an error it would look like the end of the answer.
  if (!isComplete) stream.destroy(new Error('the backend hung up'));
}
