// SPDX-License-Identifier: Apache-2.0
import { Client } from 'undici';
import { type Connection, endConnection } from '../listeners/connection.js';
import type { Dialer, Endpoint } from './dial.js';

/** One HTTP/1.1 upstream connection to be, or one that is open; carries one request at a time. */
export interface PooledClient {
  readonly client: Client;
  readonly pool: UpstreamPool;
  /** Undefined while it is not connected. */
  connection: Connection | undefined;
  /** Requests it was given; above 1 the connection had time to go stale. */
  uses: number;
  /** Answered its last request and waits for the next. */
  idle: boolean;
}

/**
 * HTTP/1.1 connections to one backend: the one used last is used next, so that few stay warm and the
 * others close. undici parses and writes; which connection takes a request is decided here, in constant
 * time however many are open.
 */
export class UpstreamPool {
  readonly #endpoint: Endpoint;
  readonly #dialer: Dialer;
  /** A stack. */
  readonly #idle: PooledClient[] = [];
  readonly #all = new Set<PooledClient>();
  #closed = false;

  constructor(endpoint: Endpoint, dialer: Dialer) {
    this.#endpoint = endpoint;
    this.#dialer = dialer;
  }

  /** Requests that run. */
  get busy(): number {
    return this.#all.size - this.#idle.length;
  }

  /** A client for one request; `fresh` asks for a connection that cannot have gone stale. */
  acquire(fresh: boolean): PooledClient {
    const reused = fresh ? undefined : this.#takeIdle();
    const pooled = reused ?? this.#create();
    pooled.uses += 1;
    pooled.idle = false;
    if (pooled.connection !== undefined) {
      pooled.connection.state = 'busy';
      pooled.connection.requests += 1;
    }
    return pooled;
  }

  /** The request has ended in either way. */
  release(pooled: PooledClient): void {
    if (this.#closed) {
      this.#discard(pooled);
      return;
    }
    if (pooled.connection !== undefined && pooled.connection.state === 'busy') {
      pooled.connection.state = 'idle';
    }
    pooled.idle = true;
    this.#idle.push(pooled);
  }

  /** Drops a client whose connection now carries something else (an upgraded protocol). */
  forget(pooled: PooledClient): void {
    this.#all.delete(pooled);
  }

  /** No new requests come; idle connections close now, the others after their request. */
  close(): void {
    this.#closed = true;
    for (const pooled of this.#idle.splice(0)) this.#discard(pooled);
  }

  /** Ends every connection now. */
  destroy(): void {
    this.close();
    for (const pooled of this.#all) this.#discard(pooled);
  }

  #takeIdle(): PooledClient | undefined {
    for (let pooled = this.#idle.pop(); pooled !== undefined; pooled = this.#idle.pop()) {
      if (pooled.connection !== undefined && pooled.connection.index !== -1) return pooled;
      this.#discard(pooled);
    }
    return undefined;
  }

  #create(): PooledClient {
    const { host, port } = this.#endpoint;
    const name = host.includes(':') ? `[${host}]` : host;
    const client = new Client(`http://${name}:${port}`, {
      connect: (_options, callback) => {
        this.#dialer.dial({ ...this.#endpoint, protocol: 'http/1.1' }, ({ error, connection }) => {
          if (connection === undefined) return callback(error ?? new Error('no connection'), null);
          pooled.connection = connection;
          connection.state = pooled.idle ? 'idle' : 'busy';
          // Opened for the request that waits.
          connection.requests = 1;
          connection.socket.once('close', () => this.#onDisconnected(pooled, connection));
          callback(null, connection.socket);
        });
      },
      // Long polls and event streams are silent for as long as they like; the peers' keepalive is what
      // finds a dead one.
      headersTimeout: 0,
      bodyTimeout: 0,
      // Without a hint of the server: shorter than the 5 s after which common servers close.
      keepAliveTimeout: 4000,
      maxHeaderSize: 256 * 1024,
    });
    const pooled: PooledClient = {
      client,
      pool: this,
      connection: undefined,
      uses: 0,
      idle: false,
    };
    this.#all.add(pooled);
    return pooled;
  }

  #onDisconnected(pooled: PooledClient, connection: Connection): void {
    if (pooled.connection === connection) pooled.connection = undefined;
    if (!pooled.idle) return;
    const at = this.#idle.indexOf(pooled);
    if (at !== -1) this.#idle.splice(at, 1);
    this.#discard(pooled);
  }

  #discard(pooled: PooledClient): void {
    this.#all.delete(pooled);
    if (pooled.connection !== undefined) endConnection(pooled.connection, 'drain');
    // Settles with the end of its requests, of which there are none or only failing ones.
    void pooled.client.destroy();
  }
}
