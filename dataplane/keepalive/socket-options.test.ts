// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { formatValues, kernelSockets } from '../../test/support/kernel-oracle.js';
import { handleOf } from '../listeners/connection.js';
import { DIFFERS, openSocketOptions } from './socket-options.js';
import { readSystemKeepalive } from './system-keepalive.js';

const VALUES = { enabled: true, idleSeconds: 30, intervalSeconds: 5, probes: 3 };
const EINVAL = 22;
const EBADF = 9;

async function acceptOne(t: TestContext): Promise<{ client: Socket; accepted: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  t.after(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });
  return { client, accepted };
}

describe('socket options', () => {
  const options = openSocketOptions();

  it('writes what another process reads, and reads the same', async (t) => {
    const { accepted } = await acceptOne(t);
    const fd = handleOf(accepted).fd;
    assert.equal(options.verify(fd, VALUES), DIFFERS);
    assert.equal(options.write(fd, VALUES), 0);
    const seen = (await kernelSockets()).find((socket) => socket.fd === fd);
    assert.ok(seen);
    assert.equal(formatValues(seen), '1/30/5/3/0');
    assert.deepEqual(options.read(fd), { ...VALUES, userTimeoutMs: 0 });
    assert.equal(options.verify(fd, VALUES), 0);
  });

  it('off brings back the values of the system', async (t) => {
    const { accepted } = await acceptOne(t);
    const fd = handleOf(accepted).fd;
    const system = readSystemKeepalive();
    assert.equal(options.verify(fd, system), 0, 'a fresh socket has them');
    options.write(fd, VALUES);
    options.write(fd, system);
    assert.deepEqual(options.read(fd), { ...system, userTimeoutMs: 0 });
  });

  const refused: [string, object][] = [
    ['time above 32767 s', { idleSeconds: 32_768 }],
    ['interval above 32767 s', { intervalSeconds: 32_768 }],
    ['more than 127 probes', { probes: 128 }],
    ['time 0', { idleSeconds: 0 }],
  ];
  for (const [name, wrong] of refused) {
    it(`returns the errno of the kernel: ${name}`, async (t) => {
      const { accepted } = await acceptOne(t);
      assert.equal(options.write(handleOf(accepted).fd, { ...VALUES, ...wrong }), EINVAL);
    });
  }

  it('returns EBADF for a descriptor that is not open', () => {
    assert.equal(options.write(-1, VALUES), EBADF);
    assert.equal(options.read(-1), EBADF);
    assert.equal(options.verify(-1, VALUES), EBADF);
    assert.equal(options.sinceLastByteMs(-1), -1);
  });

  it('knows how long ago the last byte arrived', async (t) => {
    const { client, accepted } = await acceptOne(t);
    await new Promise((resolve) => setTimeout(resolve, 120));
    const fd = handleOf(accepted).fd;
    assert.ok(options.sinceLastByteMs(fd) >= 100, String(options.sinceLastByteMs(fd)));
    client.write('x');
    await once(accepted, 'data');
    assert.ok(options.sinceLastByteMs(fd) < 100, String(options.sinceLastByteMs(fd)));
  });
});
