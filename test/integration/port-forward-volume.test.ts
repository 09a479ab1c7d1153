// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.js';
import {
  type ForwardLab,
  startForwardLab,
  startTarget,
  type TargetServer,
} from '../support/forward-lab.js';

const MIB = 1_048_576;

describe('port-forward of much', () => {
  const SIZE = 100 * MIB;
  let received = 0;
  let source: TargetServer;
  let sink: TargetServer;
  let lab: ForwardLab;
  before(async () => {
    source = await startTarget((socket) => {
      const chunk = Buffer.alloc(65_536, 'x');
      let sent = 0;
      const send = (): void => {
        while (sent < SIZE) {
          sent += chunk.length;
          if (!socket.write(chunk)) return;
        }
        socket.end();
      };
      socket.on('drain', send);
      send();
    });
    sink = await startTarget((socket) => {
      socket.on('data', (bytes: Buffer) => (received += bytes.length));
      socket.pause();
    });
    lab = await startForwardLab({ admin: source.port, stats: sink.port, readiness: sink.port });
  });
  after(async () => {
    await lab.close();
    await source.close();
    await sink.close();
  });

  it('100 MiB come down, and stay at the server while the client does not read', async () => {
    const client = await lab.spdy();
    client.keepsChunks = false;
    const { data } = await client.openPair(15_000, 'down');
    await eventually(() => assert.ok(data.receivedBytes > MIB, 'data.receivedBytes > MIB'));
    client.transport.pause();
    const [socket] = source.sockets;
    assert.ok(socket !== undefined);
    // What is under way fills the windows and the kernel's buffers, and then nothing moves any more.
    const taken = await untilStill(() => socket.bytesWritten);
    assert.ok(taken < SIZE / 2, `${taken} bytes were taken for a client that reads nothing`);
    client.transport.resume();
    await eventually(() => assert.ok(data.isEnded, 'data.isEnded'), { deadlineMs: 120_000 });
    assert.equal(data.receivedBytes, SIZE);
    client.close();
  });

  it('100 MiB go up, and stay at the client while the server does not read', async () => {
    const client = await lab.spdy();
    const socket = client.transport as Socket;
    const { data } = await client.openPair(15_020, 'up');
    const chunk = Buffer.alloc(65_536, 'y');
    let sent = 0;
    const send = (): void => {
      while (sent < SIZE) {
        sent += chunk.length;
        if (!client.write(data, chunk)) return;
      }
      client.end(data);
    };
    socket.on('drain', send);
    send();
    const taken = await untilStill(() => sent);
    assert.ok(taken < SIZE / 2, `${taken} bytes were taken for a server that reads nothing`);
    for (const waiting of sink.sockets) waiting.resume();
    await eventually(() => assert.equal(received, SIZE), { deadlineMs: 120_000 });
    client.close();
  });
});

/** The value of `read` once it has stayed the same for a while. */
async function untilStill(read: () => number): Promise<number> {
  for (let before = -1; ; ) {
    const now = read();
    if (now === before) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
