// SPDX-License-Identifier: Apache-2.0
import type { Bind } from '../listeners/bind.js';
import type { Connection } from '../listeners/connection.js';
import type { Dialer } from './dial.js';
import { answer, type Exchange } from './exchange.js';
import { forward } from './forward.js';
import { decideRoute } from './http-traffic.js';
import { Http1Connection, type Http1Context } from './http1-connection.js';
import { createHttp1Door, type Http1Door } from './http1-node.js';
import { sniff } from './sniff.js';
import { pickTcpBackend, serveTcp } from './tcp.js';
import type { Upstreams } from './upstreams.js';

export interface TrafficOptions extends Http1Context {
  readonly dialer: Dialer;
  readonly upstreams: Upstreams;
  readonly onPing: (outcome: 'sent' | 'answered' | 'timeout') => void;
}

/** What happens to an accepted connection: sniffed, served, forwarded. */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #http1: Http1Door;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#http1 = createHttp1Door({
      onRequest: (exchange) => this.#route(exchange),
      onUpgrade: ({ connection }) => connection.socket.destroy(),
      onRefused: ({ group }, status) => countStatus(group.bind?.statuses, status),
    });
  }

  accept(connection: Connection, bind: Bind): void {
    if (bind.plan.protocol === 'tcp') {
      const backend = pickTcpBackend(bind.plan, this.#options.random);
      serveTcp(connection, backend, this.#options.dialer);
      return;
    }
    // From accept on the idle deadline runs, also before the first byte.
    connection.driver = new Http1Connection(connection, this.#options);
    sniff(connection, (protocol) => {
      connection.protocol = protocol;
      if (protocol === 'h2') {
        connection.socket.destroy();
        return;
      }
      this.#http1.take(connection);
      connection.socket.resume();
    });
  }

  #route(exchange: Exchange): void {
    const { bind } = exchange.connection.group;
    if (bind === undefined) {
      exchange.abort();
      return;
    }
    const decision = decideRoute(bind.routes, exchange, this.#options.random);
    if (decision.kind === 'forward') {
      forward(exchange, this.#options.upstreams.pool(decision.backend), bind.statuses);
      return;
    }
    countStatus(bind.statuses, decision.status);
    answer(exchange, decision.status, decision.text);
  }
}

function countStatus(statuses: number[] | undefined, status: number): void {
  const at = Math.floor(status / 100);
  if (statuses !== undefined) statuses[at] = (statuses[at] ?? 0) + 1;
}
