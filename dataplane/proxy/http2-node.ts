// SPDX-License-Identifier: Apache-2.0
import {
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Connection } from '../listeners/connection.js';
import { answer, type Exchange } from './exchange.js';
import type { FlatHeaders } from './headers.js';
import { Http2Connection, type Http2Context } from './http2-connection.js';
import { Http2Exchange } from './http2-exchange.js';
import { Http2Guard } from './http2-guard.js';
import { readRequestHead } from './http2-request.js';
import { MAX_OUTSTANDING_SETTINGS, NodeHttp2Session, nameFaults } from './http2-session.js';
import { toSettings } from './http2-settings.js';

export interface Http2Callbacks {
  readonly onRequest: (exchange: Exchange) => void;
  /** Answered here, without a route. */
  readonly onRefused: (connection: Connection, status: number) => void;
}

/** Takes over accepted sockets that began with HTTP/2's preface. */
export interface Http2Door {
  take(connection: Connection): void;
}

/**
 * Limits of node:http2. Those that count over the life of a session, without forgetting, are far above what an old and honest one
 * comes to: rates are `Http2Budget`'s. `streamReset*` exist since Node 22.
 */
const OPTIONS = {
  /** Header fields of one request; the policy's limit is in bytes and enforced by nghttp2. */
  maxHeaderListPairs: 4096,
  maxOutstandingSettings: MAX_OUTSTANDING_SETTINGS,
  /** Malformed requests and empty DATA frames; Node's 1,000 is nothing for a connection of a week. */
  maxSessionInvalidFrames: 10_000,
  /** Streams above the limit of those open at once. */
  maxSessionRejectedStreams: 10_000,
  streamResetBurst: 10_000,
  streamResetRate: 10_000,
};

/** HTTP/2 with prior knowledge by node:http2, which never listens here. */
export function createHttp2Door(context: Http2Context, callbacks: Http2Callbacks): Http2Door {
  const server: Http2Server = createServer(OPTIONS as Parameters<typeof createServer>[0]);
  let taking: Connection | undefined;
  server.on('session', (session) => {
    if (taking !== undefined) serveSession(session, taking, context, callbacks);
  });
  return {
    take(connection) {
      const { http } = connection.group;
      if (http !== undefined) server.updateSettings(toSettings(http));
      taking = connection;
      // Makes the session, and emits 'session', before it returns.
      server.emit('connection', connection.socket);
      taking = undefined;
    },
  };
}

function serveSession(
  session: ServerHttp2Session,
  connection: Connection,
  context: Http2Context,
  callbacks: Http2Callbacks,
): void {
  const port = new NodeHttp2Session(session, connection, context.registry);
  const guard = new Http2Guard({
    connection,
    session: port,
    clock: context.clock,
    onWorn: () => driver.retire({ cause: 'limit', closeIdle: true }),
  });
  const driver = new Http2Connection(connection, { session: port, guard }, context);
  connection.driver = driver;
  nameFaults(session, connection, () => driver.openStreams);
  // Booked by the socket's own error and close; without a listener it would end the process.
  session.on('error', () => undefined);
  session.on('ping', () => guard.pingReceived());
  session.on('remoteSettings', () => guard.settingsReceived());
  // Node's types do not know the fields as they came, its fourth argument.
  session.on('stream', ((
    stream: ServerHttp2Stream,
    _headers: object,
    _flags: number,
    raw: FlatHeaders,
  ) => serveStream(stream, raw, { connection, driver, guard, callbacks })) as () => void);
}

interface StreamContext {
  readonly connection: Connection;
  readonly driver: Http2Connection;
  readonly guard: Http2Guard;
  readonly callbacks: Http2Callbacks;
}

function serveStream(stream: ServerHttp2Stream, raw: FlatHeaders, context: StreamContext): void {
  const { connection, driver, guard, callbacks } = context;
  driver.streamOpened();
  guard.requestReceived();
  stream.once('close', () => driver.streamClosed());
  stream.on('error', () => undefined);
  const head = readRequestHead(raw);
  const exchange = new Http2Exchange({ connection, stream, head, guard });
  if (head.problem !== undefined) {
    const { status, text } = head.problem;
    answer(exchange, status, text);
    callbacks.onRefused(connection, status);
    return;
  }
  if (head.expectsContinue && exchange.body !== undefined) exchange.inform(100, []);
  if (!guard.isWary) {
    callbacks.onRequest(exchange);
    return;
  }
  // A client that takes requests back: those whose end is in what was read with them cost no backend anything.
  setImmediate(() => {
    if (exchange.isOpen) callbacks.onRequest(exchange);
  });
}
