// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex, Writable } from 'node:stream';

/** `/trickle`: 8 KiB every 25 ms; `/flood`: as much as is taken; anything else: `ok`. */
export interface LabBackend {
  readonly port: number;
  close(): Promise<void>;
}

const CHUNK = Buffer.alloc(8192, 'x');
const EVERY_MS = 25;
/** What a client of a TCP route or a websocket is told before its bytes come back. */
const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';

/** An HTTP server of every address of this process's network, which also upgrades. */
export async function startLabBackend(): Promise<LabBackend> {
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, respond);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', upgrade);
  server.listen(0, '::');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function respond(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.on('error', () => undefined);
  if (!send(request.url, response)) response.end('ok');
}

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => undefined);
  socket.write(SWITCHING);
  if (send(request.url, socket)) socket.resume();
  else {
    socket.write(head);
    socket.pipe(socket);
  }
}

/** Whether there is anything without end to be sent. */
function send(path: string | undefined, to: Writable): boolean {
  if (path === '/trickle') {
    const timer = setInterval(() => {
      if (!to.writableNeedDrain) to.write(CHUNK);
    }, EVERY_MS);
    to.once('close', () => clearInterval(timer));
    return true;
  }
  if (path !== '/flood') return false;
  const fill = (): void => {
    while (!to.destroyed && to.write(CHUNK));
  };
  to.on('drain', fill);
  fill();
  return true;
}
