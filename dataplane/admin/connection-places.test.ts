// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { eventually } from '../../test/support/eventually.js';
import { limitPlaces } from './connection-places.js';

/** A server with two places whose `/wait` is answered by the test. */
async function start(t: TestContext) {
  const running: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/wait') running.push(response);
    else response.end('now');
  });
  limitPlaces(server, 2);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    running,
    async join(): Promise<Socket> {
      const socket = connect({ host: '127.0.0.1', port });
      sockets.push(socket.on('error', () => undefined).resume());
      const accepted = once(server, 'connection');
      await once(socket, 'connect');
      await accepted;
      return socket;
    },
  };
}

async function ask(socket: Socket, path: string): Promise<void> {
  socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
  if (path === '/wait') return;
  await new Promise<void>((resolve, reject) => {
    socket.once('data', () => resolve()).once('close', () => reject(new Error('turned away')));
  });
}

describe('limitPlaces', () => {
  it('gives the place of the longest silent connection to a newcomer', async (t) => {
    const { join } = await start(t);
    const [first, second] = [await join(), await join()];
    await ask(first, '/');
    const third = await join();
    await once(second, 'close');
    await ask(third, '/');
    await ask(first, '/');
  });

  it('keeps a connection whose request is running, however old', async (t) => {
    const { join, running } = await start(t);
    const busy = await join();
    await ask(busy, '/wait');
    await eventually(() => assert.equal(running.length, 1), { everyMs: 1 });
    const silent = await join();
    const newcomer = await join();
    await once(silent, 'close');
    await ask(newcomer, '/');
    running[0]?.end('later');
    await once(busy, 'data');
  });

  it('turns a newcomer away while all are busy, and takes the next one after that', async (t) => {
    const { join, running } = await start(t);
    const busy = [await join(), await join()];
    for (const socket of busy) await ask(socket, '/wait');
    await eventually(() => assert.equal(running.length, 2), { everyMs: 1 });
    await once(await join(), 'close');
    const ended = once(busy[0] as Socket, 'close');
    busy[0]?.destroy();
    await ended;
    await eventually(async () => ask(await join(), '/'), { everyMs: 1 });
  });
});
