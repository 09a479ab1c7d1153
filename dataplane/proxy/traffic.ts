// SPDX-License-Identifier: Apache-2.0
import type { Bind } from '../listeners/bind.js';
import type { Connection } from '../listeners/connection.js';
import type { Dialer } from './dial.js';
import { answer, type Exchange } from './exchange.js';
import { forward } from './forward.js';
import { forwardGrpc, isGrpc } from './forward-grpc.js';
import { countStatus, decideRoute } from './http-traffic.js';
import { Http1Connection } from './http1-connection.js';
import { createHttp1Door, type Http1Door, type UpgradeRequest } from './http1-node.js';
import type { Http2Context } from './http2-connection.js';
import { createHttp2Door, type Http2Door } from './http2-node.js';
import { sniff } from './sniff.js';
import { pickTcpBackend, serveTcp } from './tcp.js';
import { answerUpgrade, forwardUpgrade } from './upgrade.js';
import type { Upstreams } from './upstreams.js';

export interface TrafficOptions extends Http2Context {
  readonly dialer: Dialer;
  readonly upstreams: Upstreams;
}

/** What happens to an accepted connection: sniffed, served, forwarded. */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #http1: Http1Door;
  readonly #http2: Http2Door;

  constructor(options: TrafficOptions) {
    this.#options = options;
    const onRefused = ({ group }: Connection, status: number): void => {
      countStatus(group.bind?.statuses, status);
    };
    this.#http1 = createHttp1Door({
      onRequest: (exchange) => this.#route(exchange),
      onUpgrade: (request) => this.#routeUpgrade(request),
      onRefused,
    });
    this.#http2 = createHttp2Door(options, {
      onRequest: (exchange) => this.#route(exchange),
      onRefused,
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
        this.#http2.take(connection);
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
    if (decision.kind === 'answer') {
      countStatus(bind.statuses, decision.status);
      answer(exchange, decision.status, decision.text);
    } else if (isGrpc(exchange.headers)) {
      forwardGrpc(exchange, this.#options.upstreams.http2(decision.backend), bind.statuses);
    } else {
      forward(exchange, this.#options.upstreams.pool(decision.backend), bind.statuses);
    }
  }

  #routeUpgrade(request: UpgradeRequest): void {
    const { bind } = request.connection.group;
    if (bind === undefined) {
      request.connection.socket.destroy();
      return;
    }
    const decision = decideRoute(bind.routes, request, this.#options.random);
    if (decision.kind === 'answer') {
      countStatus(bind.statuses, decision.status);
      answerUpgrade(request, decision.status, decision.text);
    } else {
      forwardUpgrade(request, this.#options.upstreams.pool(decision.backend), bind.statuses);
    }
  }
}
