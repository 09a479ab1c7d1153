// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import {
  connectRaw,
  distinctValues,
  keepalive,
  plan,
  portOf,
  serverSockets,
  startBackend,
  startEngine,
  valuesOf,
} from '../support/engine-lab.js';
import { CANNOT_MAKE_NAMESPACES } from '../support/network-lab/namespaces.js';

const REQUEST = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const KEY = '0/ns/gw';

describe('both address families', () => {
  for (const [name, listenAddresses, sockets] of [
    ['by default on one socket', [], 1],
    ['each on its own address', ['127.0.0.1', '::1'], 2],
    ['each on all its addresses', ['0.0.0.0', '::'], 2],
    ['each on all its addresses, the other way round', ['::', '0.0.0.0'], 2],
  ] as const) {
    it(`${name}: reached, swapped, and shown as they are`, async (t) => {
      const backendPort = await startBackend(t, (_request, response) => response.end('ok'));
      const engine = startEngine(t, { listenAddresses });
      const report = await engine.apply(plan('1', { backendPort }));
      assert.deepEqual(report.warnings, []);
      const port = portOf(engine);
      assert.equal(engine.summary().listeners[0]?.addresses.length, sockets);
      for (const host of ['127.0.0.1', '::1']) {
        const client = await connectRaw(t, port, host);
        client.socket.write(REQUEST);
        await client.until('ok');
      }
      const values = keepalive(40, 5, 3);
      await engine.apply(plan('2', { backendPort, tcp: values }));
      const { connections } = await engine.query({ afterId: 0, limit: 9, side: 'downstream' });
      const withoutPort = (text: string): string => text.slice(0, text.lastIndexOf(':'));
      assert.deepEqual(
        connections.map(({ peer, local, client }) => [peer, local, client].map(withoutPort)),
        [Array(3).fill('127.0.0.1'), Array(3).fill('[::1]')],
      );
      assert.deepEqual(distinctValues(await serverSockets(port)), [valuesOf(values)]);
    });
  }

  it('one address that is taken leaves none open, and is tried again', async (t) => {
    const other = startEngine(t, { listenAddresses: ['::1'] });
    await other.apply(plan('1', {}));
    const port = portOf(other);
    const engine = startEngine(t, { listenAddresses: ['127.0.0.1', '::1'] });
    const { warnings } = await engine.apply(plan('1', { port }));
    assert.deepEqual(warnings, [
      { key: KEY, message: `port ${port} is in use by another process`, class: 'environment' },
    ]);
    assert.deepEqual(engine.summary().listeners[0]?.addresses, []);
    const third = startEngine(t, { listenAddresses: ['127.0.0.1'] });
    assert.deepEqual((await third.apply(plan('1', { port }))).warnings, []);
  });

  it('without IPv6 addresses a port is served on IPv4', {
    skip: CANNOT_MAKE_NAMESPACES,
  }, async () => {
    const script =
      'ip link set lo up && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && exec "$0" --import tsx test/support/dual-stack-main.ts';
    const { stdout } = await promisify(execFile)('unshare', [
      ...['--net', 'sh', '-c', script, process.execPath],
    ]);
    assert.deepEqual(JSON.parse(stdout), { warnings: [], answer: 'hello', peers: ['127.0.0.1'] });
  });
});
