// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import {
  connectRaw,
  distinctValues,
  holds,
  keepalive,
  listenOnLoopback,
  serverSockets,
  valuesOf,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { formatValues, kernelSockets } from '../support/kernel-oracle.js';
import { changeDescriptors, changeSockets, TAMPERED } from '../support/socket-tool.js';

import {
  engineSockets,
  FIRST,
  type Lab,
  openEachKind,
  SECOND,
  startLab,
} from '../support/values-lab.js';

async function changesEndAtTheLast(t: TestContext, lab: Lab, host: string): Promise<void> {
  await openEachKind(t, lab, host);
  const applies: Promise<void>[] = [];
  for (let i = 1; i <= 100; i += 1) {
    applies.push(lab.apply(String(i), keepalive(i, 5, 3)));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(applies);
  const { down } = await engineSockets(lab);
  assert.deepEqual(distinctValues(down), [valuesOf(keepalive(100, 5, 3))]);
  assert.equal(lab.engine.summary().version, '100');
}

describe('keepalive values under churn', () => {
  for (const host of ['127.0.0.1', '::1']) {
    it(`end at the last of 100 changes in 100 ms, on every socket of ${host}`, async (t) => {
      await changesEndAtTheLast(t, await startLab(t, [host]), host);
    });
  }

  it('stay right while connections come and go during the sweep; other ports are not touched', async (t) => {
    const lab = await startLab(t);
    const sentinel = createServer();
    const sentinelPort = await listenOnLoopback(t, sentinel);
    const sentinels = await Promise.all(
      Array.from({ length: 20 }, () => connectRaw(t, sentinelPort)),
    );
    // Values of their own, so that a sweep that touches one of them cannot write the same.
    await changeSockets(
      'tamper',
      sentinels.map(({ socket }) => socket),
    );
    const accepted = async () =>
      (await serverSockets(sentinelPort)).filter(({ listening }) => !listening);
    await eventually(async () => assert.equal((await accepted()).length, 20));
    await changeDescriptors(
      'tamper',
      (await accepted()).map(({ fd }) => fd),
    );
    const own = async () => {
      const sockets = await kernelSockets();
      return sockets.filter(
        ({ localPort, remotePort, listening }) =>
          !listening && (localPort === sentinelPort || remotePort === sentinelPort),
      );
    };
    const before = (await own()).map((socket) => `${socket.inode} ${formatValues(socket)}`);
    assert.equal(before.length, 40);
    const clients = new Set<Socket>();
    const open = (): void => {
      const socket = connect(lab.httpPort, '127.0.0.1');
      socket.on('error', () => undefined);
      clients.add(socket);
    };
    t.after(() => {
      for (const socket of clients) socket.destroy();
    });
    for (let i = 0; i < 600; i += 1) open();
    await eventually(() => assert.equal(lab.engine.summary().open, 600));
    let turn = 0;
    const churn = setInterval(() => {
      turn += 1;
      const list = [...clients];
      for (let i = 0; i < 15; i += 1) {
        const socket = list[(turn * 7 + i * 31) % list.length];
        if (socket !== undefined && clients.delete(socket)) socket.destroy();
        open();
      }
    }, 1);
    for (let i = 1; i <= 20; i += 1) await lab.apply(String(i), keepalive(20 + i, 6, 4));
    clearInterval(churn);
    await eventually(() => {
      const { open: count, inForceConnections } = lab.engine.summary();
      assert.equal(count, clients.size);
      assert.equal(inForceConnections, count);
    });
    const { down } = await engineSockets(lab);
    assert.equal(down.length, 2 + clients.size);
    assert.deepEqual(distinctValues(down), [valuesOf(keepalive(40, 6, 4))]);
    assert.deepEqual(
      (await own()).map((socket) => `${socket.inode} ${formatValues(socket)}`),
      before,
    );
    assert.deepEqual(distinctValues(await own()), [TAMPERED.replace(/^1/, '0')]);
  });

  it('stay on connections of a listener that was removed, and are watched like the others', async (t) => {
    const lab = await startLab(t, ['127.0.0.1'], { auditMs: 300 });
    await lab.apply('1', FIRST);
    const tunnel = await connectRaw(t, lab.tcpPort);
    tunnel.socket.write('GET /stream HTTP/1.1\r\nhost: a\r\n\r\n');
    await tunnel.until('tick');
    const idle = await connectRaw(t, lab.httpPort);
    await eventually(() => assert.equal(lab.engine.summary().open, 2));
    const { plan } = lab;
    const left = { ...plan('2', SECOND), binds: plan('2', SECOND).binds.slice(0, 1) };
    await lab.engine.apply(left);
    const { down } = await engineSockets(lab);
    const valuesAt = (port: number) => distinctValues(down.filter((one) => one.localPort === port));
    assert.deepEqual(valuesAt(lab.tcpPort), [valuesOf(FIRST)]);
    assert.deepEqual(valuesAt(lab.httpPort), [valuesOf(SECOND)]);
    assert.equal(lab.engine.summary().inForceConnections, 2);
    const [victim] = down.filter(({ localPort }) => localPort === lab.tcpPort);
    await changeDescriptors('tamper', [victim?.fd ?? -1]);
    await holds(() => lab.engine.summary().drifted === 1);
    const after = await serverSockets(lab.tcpPort);
    assert.deepEqual(distinctValues(after), [valuesOf(FIRST)]);
    assert.deepEqual([tunnel.closed(), idle.closed()], [false, false]);
  });
});
