// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { checkPorts, tryBind } from './check-ports.js';
import { MAX_PORT_OFFSET, portsWithOffset, type UpPorts } from './ports.js';

/** Ports that are free in any case: 0 asks for any. */
const FREE: UpPorts = {
  api: 0,
  xds: 0,
  http: 0,
  tcp: 0,
  admin: 0,
  stats: 0,
  readiness: 0,
  httpbin: 0,
};

describe('ports of up', () => {
  it('an offset moves every port and stays in range', () => {
    const moved = portsWithOffset(MAX_PORT_OFFSET);
    assert.equal(moved.api - portsWithOffset(0).api, MAX_PORT_OFFSET);
    assert.equal(Math.max(...Object.values(moved)), 65_535);
  });

  it('free ports pass', () => checkPorts(FREE));

  it('a busy port is named with its owner, all of them at once', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const owner = `is taken by pid ${process.pid} \\(.*node`;
      await assert.rejects(checkPorts({ ...FREE, api: port }), {
        code: 'ADDRESS_IN_USE',
        message: new RegExp(`^port ${port} \\(API\\) ${owner}`),
      });
      await assert.rejects(checkPorts({ ...FREE, api: port, http: port }), {
        message: new RegExp(`port ${port} \\(API\\) ${owner}[^\n]*\n.*listener http\\) ${owner}`),
      });
      const onPod = { ...FREE, admin: port, api: 0 };
      await checkPorts(onPod, '127.0.0.15');
      await assert.rejects(checkPorts(onPod), { message: /worker admin/ });
      assert.equal(await tryBind('127.0.0.1', port), 'EADDRINUSE');
    } finally {
      server.close();
      await once(server, 'close');
    }
  });
});
