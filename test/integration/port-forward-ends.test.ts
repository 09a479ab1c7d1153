// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.js';
import {
  type ForwardLab,
  startForwardLab,
  startTarget,
  type TargetServer,
} from '../support/forward-lab.js';

describe('a port-forward that cannot go on', () => {
  let target: TargetServer;
  let closedPort: number;
  let lab: ForwardLab;
  before(async () => {
    target = await startTarget((socket) => {
      socket.write('admin:');
      socket.pipe(socket);
    });
    const closed = await startTarget(() => undefined);
    closedPort = closed.port;
    await closed.close();
    lab = await startForwardLab({ admin: target.port, stats: closedPort, readiness: closedPort });
  });
  after(async () => {
    await lab.close();
    await target.close();
  });

  it('names the server of the worker that does not answer', async () => {
    const client = await lab.spdy();
    const { error } = await client.openPair(15_020, 'closed');
    const reason = new RegExp(`127\\.0\\.0\\.1:${closedPort} on the worker: ECONNREFUSED`);
    assert.match(await client.text(error), reason);
    client.close();
  });

  it('says that the worker has left, and later ones that it is away', async () => {
    const client = await lab.spdy();
    const { data, error } = await client.openPair(15_000, 'cut');
    await eventually(() => assert.equal(Buffer.concat(data.chunks).toString(), 'admin:'));
    lab.cutWorker();
    assert.match(await client.text(error), /the worker left the control plane/);
    await eventually(() => assert.equal(target.sockets.size, 0));
    const late = await client.openPair(15_000, 'late');
    assert.match(await client.text(late.error), /has no fleet stream to this control plane/);
    client.close();
  });
});
