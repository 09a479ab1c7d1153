// SPDX-License-Identifier: Apache-2.0
import type { EndpointTable, Plan } from '../engine/plan.js';
import type { Dialer, Endpoint } from './dial.js';
import { addressKey } from './endpoints.js';
import { Http2Upstream } from './http2-upstream.js';
import { UpstreamPool } from './upstream-pool.js';

/** Connections to backends, one pool per address, whatever listeners and routes lead to it. */
export class Upstreams {
  readonly #pools = new Map<string, UpstreamPool>();
  readonly #http2 = new Map<string, Http2Upstream>();
  /** TCP connections that are open or on their way, by address. */
  readonly #tcp = new Map<string, number>();
  #planned: ReadonlySet<string> = new Set();
  #endpoints: ReadonlySet<string> = new Set();
  readonly #dialer: Dialer;

  constructor(dialer: Dialer) {
    this.#dialer = dialer;
  }

  pool(endpoint: Endpoint): UpstreamPool {
    const key = addressKey(endpoint);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new UpstreamPool(endpoint, this.#dialer);
      this.#pools.set(key, pool);
    }
    return pool;
  }

  /** For requests that need HTTP/2 behind the proxy. */
  http2(endpoint: Endpoint): Http2Upstream {
    const key = addressKey(endpoint);
    let upstream = this.#http2.get(key);
    if (upstream === undefined) {
      upstream = new Http2Upstream(endpoint, this.#dialer);
      this.#http2.set(key, upstream);
    }
    return upstream;
  }

  /** Requests and connections that the address has to carry now. */
  loadOf(endpoint: Endpoint): number {
    const key = addressKey(endpoint);
    const requests = (this.#pools.get(key)?.busy ?? 0) + (this.#http2.get(key)?.streams ?? 0);
    return requests + (this.#tcp.get(key) ?? 0);
  }

  /** Counts a TCP connection to the address until the function that it returns is called. */
  countTcp(endpoint: Endpoint): () => void {
    const key = addressKey(endpoint);
    this.#tcp.set(key, (this.#tcp.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#tcp.get(key) ?? 1) - 1;
      if (left > 0) this.#tcp.set(key, left);
      else this.#tcp.delete(key);
    };
  }

  /** Closes the pools of backends that no route of the plan names any more. */
  retainPlan(plan: Plan): void {
    this.#planned = new Set(backendKeys(plan));
    this.#closeOthers();
  }

  /** Closes the pools of endpoints that are gone: no new requests, running ones end. */
  retainEndpoints(endpoints: EndpointTable): void {
    this.#endpoints = new Set(endpointKeys(endpoints));
    this.#closeOthers();
  }

  #closeOthers(): void {
    for (const connections of [this.#pools, this.#http2]) {
      for (const [key, each] of connections) {
        if (this.#planned.has(key) || this.#endpoints.has(key)) continue;
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

function* backendKeys(plan: Plan): Generator<string> {
  for (const bind of plan.binds) {
    for (const listener of bind.listeners) {
      for (const route of [...listener.routes, ...listener.tcpRoutes]) {
        for (const backend of route.backends) yield addressKey(backend);
      }
    }
  }
}

function* endpointKeys(table: EndpointTable): Generator<string> {
  for (const endpoints of table.values()) {
    for (const { host, ports } of endpoints) {
      for (const port of ports.values()) yield addressKey({ host, port });
    }
  }
}
