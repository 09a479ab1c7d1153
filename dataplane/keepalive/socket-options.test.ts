// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { eventually } from '../../test/support/eventually.js';
import { formatValues, kernelSockets } from '../../test/support/kernel-oracle.js';
import { handleOf } from '../listeners/connection.js';
import { DIFFERS, openSocketOptions } from './socket-options.js';
import { readSystemKeepalive } from './system-keepalive.js';
import { emptyTcpInfo, tcpStateName } from './tcp-info.js';

const VALUES = { enabled: true, idleSeconds: 30, intervalSeconds: 5, probes: 3 };
const EINVAL = 22;
const EBADF = 9;
const ESTABLISHED = 1;

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

  it('reads TCP_INFO: acknowledged data, data that the peer has no room for, and its end', async (t) => {
    const { client, accepted } = await acceptOne(t);
    const fd = handleOf(accepted).fd;
    const info = emptyTcpInfo();
    const look = (): typeof info => {
      assert.equal(options.readTcpInfo(fd, info), true);
      return info;
    };
    accepted.write('x');
    await once(client, 'data');
    await eventually(() => assert.equal(look().unackedSegments, 0));
    assert.ok(info.roundTripMs > 0 && info.roundTripMs < 1000, String(info.roundTripMs));
    assert.ok(info.roundTripVarianceMs > 0, String(info.roundTripVarianceMs));
    assert.deepEqual([info.state, info.notSentBytes], [ESTABLISHED, 0]);
    client.pause();
    accepted.write(Buffer.alloc(32 * 1024 * 1024));
    await eventually(() => assert.ok(look().notSentBytes > 0, 'look().notSentBytes > 0'));
    assert.ok(info.sinceLastAckMs < 60_000, String(info.sinceLastAckMs));
    client.end();
    await eventually(() => assert.equal(tcpStateName(look().state), 'CLOSE-WAIT'));
    assert.equal(options.readTcpInfo(-1, info), false);
  });

  it('reads the same TCP_INFO as another process', async (t) => {
    const { client, accepted } = await acceptOne(t);
    client.pause();
    accepted.write(Buffer.alloc(32 * 1024 * 1024));
    const fd = handleOf(accepted).fd;
    const info = emptyTcpInfo();
    await eventually(() => {
      options.readTcpInfo(fd, info);
      assert.ok(
        info.notSentBytes > 0 && info.unackedSegments === 0,
        'info.notSentBytes > 0 && info.unackedSegments === 0',
      );
    });
    const seen = (await kernelSockets()).find((socket) => socket.fd === fd);
    assert.equal(seen?.notSentBytes, info.notSentBytes);
    assert.equal(seen?.unackedSegments, info.unackedSegments);
    assert.equal(seen?.state, info.state);
    assert.equal(seen?.roundTripMs, info.roundTripMs);
  });
});
