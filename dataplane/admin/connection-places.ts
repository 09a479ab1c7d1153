// SPDX-License-Identifier: Apache-2.0
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps a server at `places` connections. A newcomer gets the place of the one that has been without a
 * request for longest, and none only while all are busy: with a plain limit (`maxConnections`), that many silent
 * connections would keep every probe of a healthy worker out until they time out.
 */
export function limitPlaces(server: Server, places: number): void {
  const open = new Set<Socket>();
  /** Those without a request, the longest waiting first. */
  const waiting = new Set<Socket>();
  const leave = (socket: Socket): void => {
    open.delete(socket);
    waiting.delete(socket);
  };
  server.on('connection', (socket: Socket) => {
    if (open.size >= places) {
      const [loser = socket] = waiting;
      leave(loser);
      loser.destroy();
      if (loser === socket) return;
    }
    open.add(socket);
    waiting.add(socket);
    socket.once('close', () => leave(socket));
  });
  server.on('request', ({ socket }, response) => {
    waiting.delete(socket);
    response.once('close', () => {
      if (open.has(socket)) waiting.add(socket);
    });
  });
}
