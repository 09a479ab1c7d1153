// SPDX-License-Identifier: Apache-2.0
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { type Connection, endConnection } from '../listeners/connection.js';
import type { Dialer, Endpoint } from './dial.js';

/** As towards clients: 1 MiB a stream, 2 MiB a connection. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 2 * 1024 * 1024;

type Waiter = (session: ClientHttp2Session | undefined, error: Error | undefined) => void;

type State =
  | { readonly name: 'none' }
  | { readonly name: 'dialing'; readonly waiters: Waiter[] }
  | { readonly name: 'open'; readonly session: ClientHttp2Session };

/**
 * The HTTP/2 session to one backend, opened with prior knowledge when first needed. All requests share
 * it; a session that ends, or says GOAWAY, is replaced by the next request.
 */
export class Http2Upstream {
  readonly #endpoint: Endpoint;
  readonly #dialer: Dialer;
  #state: State = { name: 'none' };
  #streams = 0;

  constructor(endpoint: Endpoint, dialer: Dialer) {
    this.#endpoint = endpoint;
    this.#dialer = dialer;
  }

  /** Calls back with an open session, or with the reason why there is none. */
  withSession(use: Waiter): void {
    if (this.#state.name === 'open' && isUsable(this.#state.session)) {
      use(this.#state.session, undefined);
    } else if (this.#state.name === 'dialing') {
      this.#state.waiters.push(use);
    } else {
      this.#dial(use);
    }
  }

  /** Requests that run, on this session and on those before it. */
  get streams(): number {
    return this.#streams;
  }

  /** Counts a request until its stream is closed. */
  count(stream: ClientHttp2Stream): void {
    this.#streams += 1;
    stream.once('close', () => {
      this.#streams -= 1;
    });
  }

  /** Streams that run may finish. */
  close(): void {
    if (this.#state.name === 'open') this.#state.session.close();
    this.#state = { name: 'none' };
  }

  #dial(first: Waiter): void {
    const waiters = [first];
    this.#state = { name: 'dialing', waiters };
    this.#dialer.dial({ ...this.#endpoint, protocol: 'h2' }, ({ error, connection }) => {
      const session = connection === undefined ? undefined : this.#open(connection);
      this.#state = session === undefined ? { name: 'none' } : { name: 'open', session };
      for (const waiter of waiters) waiter(session, error);
    });
  }

  #open(connection: Connection): ClientHttp2Session {
    const { host, port } = this.#endpoint;
    const session = connect(`http://${host.includes(':') ? `[${host}]` : host}:${port}`, {
      createConnection: () => connection.socket,
      settings: { initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false },
    });
    const leave = (): void => {
      if (this.#state.name === 'open' && this.#state.session === session) {
        this.#state = { name: 'none' };
      }
    };
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    // The requests that fail with it tell their clients; nothing else is to be done.
    session.on('error', leave);
    session.on('goaway', leave);
    session.on('close', () => {
      leave();
      endConnection(connection, 'upstream');
    });
    session.unref();
    return session;
  }
}

function isUsable(session: ClientHttp2Session): boolean {
  return !session.closed && !session.destroyed;
}
