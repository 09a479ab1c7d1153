// SPDX-License-Identifier: Apache-2.0
import type { Plan } from '../engine/plan.js';
import type { Dialer, Endpoint } from './dial.js';
import { UpstreamPool } from './upstream-pool.js';

/** One pool per backend address, whatever listeners and routes lead to it. */
export class Upstreams {
  readonly #pools = new Map<string, UpstreamPool>();
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

  /** Closes the pools of backends that no route of the plan names any more. */
  retain(plan: Plan): void {
    const named = new Set(backendKeys(plan));
    for (const [key, pool] of this.#pools) {
      if (named.has(key)) continue;
      pool.close();
      this.#pools.delete(key);
    }
  }

  destroy(): void {
    for (const pool of this.#pools.values()) pool.destroy();
    this.#pools.clear();
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
