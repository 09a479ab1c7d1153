// SPDX-License-Identifier: Apache-2.0
import type { Plan } from '../engine/plan.js';
import type { Dialer, Endpoint } from './dial.js';
import { Http2Upstream } from './http2-upstream.js';
import { UpstreamPool } from './upstream-pool.js';

/** Connections to backends, one pool per address, whatever listeners and routes lead to it. */
export class Upstreams {
  readonly #pools = new Map<string, UpstreamPool>();
  readonly #http2 = new Map<string, Http2Upstream>();
  readonly #dialer: Dialer;

  constructor(dialer: Dialer) {
    this.#dialer = dialer;
  }

  pool(endpoint: Endpoint): UpstreamPool {
    const key = keyOf(endpoint);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new UpstreamPool(endpoint, this.#dialer);
      this.#pools.set(key, pool);
    }
    return pool;
  }

  /** For requests that need HTTP/2 behind the proxy. */
  http2(endpoint: Endpoint): Http2Upstream {
    const key = keyOf(endpoint);
    let upstream = this.#http2.get(key);
    if (upstream === undefined) {
      upstream = new Http2Upstream(endpoint, this.#dialer);
      this.#http2.set(key, upstream);
    }
    return upstream;
  }

  /** Closes the pools of backends that no route of the plan names any more. */
  retain(plan: Plan): void {
    const named = new Set(backendKeys(plan));
    for (const connections of [this.#pools, this.#http2]) {
      for (const [key, each] of connections) {
        if (named.has(key)) continue;
        each.close();
        connections.delete(key);
      }
    }
  }

  destroy(): void {
    for (const pool of this.#pools.values()) pool.destroy();
    for (const upstream of this.#http2.values()) upstream.close();
    this.#pools.clear();
    this.#http2.clear();
  }
}

function keyOf(endpoint: Endpoint): string {
  return `${endpoint.host} ${endpoint.port}`;
}

function* backendKeys(plan: Plan): Generator<string> {
  for (const bind of plan.binds) {
    for (const listener of bind.listeners) {
      for (const route of [...listener.routes, ...listener.tcpRoutes]) {
        for (const backend of route.backends) yield keyOf(backend);
      }
    }
  }
}
