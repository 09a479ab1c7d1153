// SPDX-License-Identifier: Apache-2.0
import type { HttpSettings } from '../engine/plan.js';
import type { Bind } from '../listeners/bind.js';
import { clientAddress } from '../listeners/client-address.js';
import type { Connection } from '../listeners/connection.js';
import type { Dialer } from './dial.js';
import type { Endpoints } from './endpoints.js';
import { answer, type Exchange } from './exchange.js';
import { forward } from './forward.js';
import { forwardGrpc } from './forward-grpc.js';
import { isGrpc } from './grpc-status.js';
import type { FlatHeaders } from './headers.js';

import { type BindTraffic, countStatus, decideRoute, type RouteDecision } from './http-traffic.js';
import { Http1Connection, type Http1Context } from './http1-connection.js';

import { createHttp1Door, type Http1Door, type UpgradeRequest } from './http1-node.js';
import type { Http2Context } from './http2-connection.js';
import { createHttp2Door, type Http2Door } from './http2-node.js';
import { type Passage, passBack, planPassage } from './passage.js';
import { ReadMemory } from './read-memory.js';
import { redirectLocation } from './redirect.js';
import { RequestTimer } from './request-timer.js';
import { sniff } from './sniff.js';
import { pickTcpBackend, serveTcp } from './tcp.js';
import { answerUpgrade, forwardUpgrade } from './upgrade.js';
import type { Upstreams } from './upstreams.js';

export interface TrafficOptions extends Http1Context, Http2Context {
  readonly dialer: Dialer;
  readonly upstreams: Upstreams;
  readonly endpoints: Endpoints;
}

/** What happens to an accepted connection: sniffed, served, forwarded. */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #memory = new ReadMemory();
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
    const [only, ...others] = bind.plan.listeners;
    if (only !== undefined && others.length === 0) connection.listener = only.name;
    if (bind.plan.protocol === 'tcp') {
      const { dialer, endpoints, random, upstreams } = this.#options;
      const backend = pickTcpBackend(bind.plan, random);
      const choice = backend && endpoints.choose(backend);
      serveTcp(connection, choice, { dialer, upstreams, memory: this.#memory });
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
    const { connection } = exchange;
    const { bind } = connection.group;
    if (bind === undefined) {
      exchange.abort();
      return;
    }
    noteRequest(exchange, bind);
    const { clock, endpoints, random, upstreams } = this.#options;
    exchange.timer = new RequestTimer(clock, bind.statistics.requestDurations);
    const decision = decideRoute(bind.routes, exchange, random);
    if (decision.kind === 'forward') {
      const passage = passageOf(exchange, decision);
      const context = {
        choice: endpoints.choose(decision.backend),
        upstreams,
        statuses: bind.statuses,
        clock,
      };
      if (isGrpc(exchange.headers)) forwardGrpc(exchange, passage, context);
      else forward(exchange, passage, context);
    } else if (decision.kind === 'redirect') {
      const { status } = decision.redirect;
      countStatus(bind.statuses, status);
      answer(exchange, status, 'see location', redirectHeaders(decision, exchange));
    } else {
      countStatus(bind.statuses, decision.status);
      answer(exchange, decision.status, decision.text);
    }
  }

  #routeUpgrade(request: UpgradeRequest): void {
    const { connection } = request;
    const { bind } = connection.group;
    if (bind === undefined) {
      connection.socket.destroy();
      return;
    }
    noteRequest(request, bind);
    const { clock, endpoints, random, upstreams } = this.#options;
    const { headers, protocol } = request;
    // A route may ask for the protocol, whose header is about one connection and so not among the others.
    const asked = { ...request, method: 'GET', headers: [...headers, 'upgrade', protocol] };
    const decision = decideRoute(bind.routes, asked, random);
    if (decision.kind === 'forward') {
      const passage = passageOf(request, decision);
      const { statuses } = bind;
      const choice = endpoints.choose(decision.backend);
      forwardUpgrade(request, passage, { choice, upstreams, statuses, clock });
    } else if (decision.kind === 'redirect') {
      const { status } = decision.redirect;
      countStatus(bind.statuses, status);
      answerUpgrade(request, status, redirectHeaders(decision, request));
    } else {
      countStatus(bind.statuses, decision.status);
      answerUpgrade(request, decision.status);
    }
  }
}

function passageOf(
  request: Pick<Exchange, 'connection' | 'headers' | 'host' | 'target'>,
  { route, backend }: Extract<RouteDecision, { kind: 'forward' }>,
): Passage {
  const { connection } = request;
  const headerCase = headerCaseOf(connection);
  return planPassage(request, { route, backend, headerCase, client: clientAddress(connection) });
}

function noteRequest({ connection, host }: RequestOrigin, { routes }: BindTraffic): void {
  connection.requests += 1;
  connection.listener = routes.listenerOf(host);
}

type RequestOrigin = Pick<Exchange, 'connection' | 'host'>;

function headerCaseOf({ group }: Connection): HttpSettings['http1HeaderCase'] {
  return group.http?.http1HeaderCase ?? 'lowercase';
}

function redirectHeaders(
  { redirect, changes }: Extract<RouteDecision, { kind: 'redirect' }>,
  request: Pick<Exchange, 'connection' | 'host' | 'target'>,
): FlatHeaders {
  const { connection, host, target } = request;
  // The listener's port, as it is bound.
  const port = connection.socket.localPort ?? 0;
  const location = redirectLocation(redirect, { scheme: 'http', host, port, target });
  const headers = ['location', location];
  return passBack(headers, { responseChanges: changes, headerCase: headerCaseOf(connection) });
}
