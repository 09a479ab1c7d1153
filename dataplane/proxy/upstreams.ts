// SPDX-License-Identifier: Apache-2.0
import type { BackendTarget, EndpointTable, Plan } from '../engine/plan.js';
import type { Dialer, Endpoint } from './dial.js';
import { Http2Upstream } from './http2-upstream.js';
import type { UpstreamErrors } from './upstream-errors.js';
import { UpstreamPool } from './upstream-pool.js';

/** Connections to backends, one pool per backend and address, whatever listeners and routes lead to it. */
export class Upstreams {
  readonly #pools = new Map<string, UpstreamPool>();
  /** The same by object: a request makes no text to find its pool. */
  #recent = new WeakMap<Endpoint, UpstreamPool>();
  readonly #http2 = new Map<string, Http2Upstream>();
  /** TCP connections that are open or on their way, by address. */
  readonly #tcp = new Map<string, number>();
  /** By key; whatever leads to one backend says the same of where it is. */
  #planned: ReadonlyMap<string, BackendTarget> = new Map();
  #endpoints: EndpointTable = new Map();
  readonly #dialer: Dialer;
  readonly errors: UpstreamErrors;

  constructor(dialer: Dialer, errors: UpstreamErrors) {
    this.#dialer = dialer;
    this.errors = errors;
  }

  pool(endpoint: Endpoint): UpstreamPool {
    return this.#recent.get(endpoint) ?? this.#findPool(endpoint);
  }

  /** For requests that need HTTP/2 behind the proxy. */
  http2(endpoint: Endpoint): Http2Upstream {
    const key = poolKey(endpoint);
    let upstream = this.#http2.get(key);
    if (upstream === undefined) {
      upstream = new Http2Upstream(endpoint, this.#dialer);
      this.#http2.set(key, upstream);
    }
    return upstream;
  }

  /** Requests and connections that the address has to carry now. */
  loadOf(endpoint: Endpoint): number {
    const key = poolKey(endpoint);
    const requests = (this.#pools.get(key)?.busy ?? 0) + (this.#http2.get(key)?.streams ?? 0);
    return requests + (this.#tcp.get(key) ?? 0);
  }

  /** Counts a TCP connection to the address until the function that it returns is called. */
  countTcp(endpoint: Endpoint): () => void {
    const key = poolKey(endpoint);
    this.#tcp.set(key, (this.#tcp.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#tcp.get(key) ?? 1) - 1;
      if (left > 0) this.#tcp.set(key, left);
      else this.#tcp.delete(key);
    };
  }

  /** Closes the pools of backends that no route of the plan leads to any more. */
  retainPlan(plan: Plan): void {
    this.#planned = plannedBackends(plan);
    this.#closeOthers();
  }

  /** Closes the pools of endpoints that are gone: no new requests, running ones end. */
  retainEndpoints(endpoints: EndpointTable): void {
    this.#endpoints = endpoints;
    this.#closeOthers();
  }

  #closeOthers(): void {
    this.#recent = new WeakMap();
    const used = new Set(this.#usedKeys());
    for (const connections of [this.#pools, this.#http2]) {
      for (const [key, each] of connections) {
        if (used.has(key)) continue;
        each.close();
        connections.delete(key);
      }
    }
  }

  #findPool(endpoint: Endpoint): UpstreamPool {
    const key = poolKey(endpoint);
    const pool = this.#pools.get(key) ?? new UpstreamPool(endpoint, this.#dialer);
    this.#pools.set(key, pool);
    this.#recent.set(endpoint, pool);
    return pool;
  }

  *#usedKeys(): Generator<string> {
    for (const { key: backend, service, host, port } of this.#planned.values()) {
      if (service === undefined) yield poolKey({ backend, host, port });
      for (const endpoint of this.#endpoints.get(service ?? '') ?? []) {
        const to = endpoint.ports.get(port);
        if (to !== undefined) yield poolKey({ backend, host: endpoint.host, port: to });
      }
    }
  }

  destroy(): void {
    for (const pool of this.#pools.values()) pool.destroy();
    for (const upstream of this.#http2.values()) upstream.close();
    this.#pools.clear();
    this.#recent = new WeakMap();
    this.#http2.clear();
  }
}

function plannedBackends(plan: Plan): Map<string, BackendTarget> {
  const found = new Map<string, BackendTarget>();
  for (const bind of plan.binds) {
    for (const listener of bind.listeners) {
      for (const route of [...listener.routes, ...listener.tcpRoutes]) {
        for (const backend of route.backends) found.set(backend.key, backend);
      }
    }
  }
  return found;
}

function poolKey({ backend, host, port }: Endpoint): string {
  return `${backend} ${host} ${port}`;
}
