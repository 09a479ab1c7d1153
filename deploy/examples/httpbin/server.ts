// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { type Handler, ROUTES, sendJson } from './routes.js';

export interface Httpbin {
  readonly host: string;
  readonly port: number;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Idle connections stay open this long, milliseconds: longer than any gateway's pool keeps one. */
const KEEP_ALIVE_MS = 75_000;

/** The sample backend: HTTP answers of a chosen size, delay and status, and a websocket echo at /ws. */
export async function startHttpbin(at: { host: string; port: number }): Promise<Httpbin> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, answer);
  const websockets = new WebSocketServer({ server, path: '/ws' });
  websockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    // A broken frame ends this socket only; ws closes it with the right code.
    socket.on('error', () => socket.terminate());
  });
  await listen(server, at);
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port, close: () => close(server, websockets) };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const target = request.url ?? '/';
  if (!URL.canParse(target, 'http://httpbin')) {
    sendJson(response, 400, { error: 'the request target is no URL' });
    return;
  }
  const url = new URL(target, 'http://httpbin');
  const [, name = '', argument = ''] = url.pathname.split('/');
  const handler: Handler | undefined = ROUTES[`${request.method} /${name}`];
  if (handler === undefined) {
    sendJson(response, 404, { error: `no such path: ${request.method} ${url.pathname}` });
    return;
  }
  handler({ request, response, url, argument }).catch((thrown: unknown) => {
    // The client went away, or sent a broken body: nobody is left to tell.
    response.destroy(thrown instanceof Error ? thrown : undefined);
  });
}

function listen(server: Server, at: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server, websockets: WebSocketServer): Promise<void> {
  for (const socket of websockets.clients) socket.terminate();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
