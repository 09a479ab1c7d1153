// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import {
  distinctValues,
  holds,
  keepalive,
  plan,
  portOf,
  serverSockets,
  startEngine,
  valuesOf,
} from '../support/engine-lab.js';

/** Many slices of a sweep. */
const CONNECTIONS = 1500;
const VALUES = keepalive(30, 5, 3);

describe('the answer to a plan', () => {
  it('comes when every open connection was read back', async (t) => {
    const engine = startEngine(t);
    await engine.apply(plan('1', {}));
    const port = portOf(engine);
    const clients: Socket[] = [];
    t.after(() => {
      for (const socket of clients) socket.destroy();
    });
    for (let i = 0; i < CONNECTIONS; i += 1) clients.push(connect(port, '127.0.0.1'));
    await Promise.all(clients.map((socket) => once(socket, 'connect')));
    await holds(() => engine.summary().open === CONNECTIONS);
    const { warnings } = await engine.apply(plan('2', { tcp: VALUES }));
    const { inForceConnections, unverified } = engine.summary();
    assert.deepEqual([inForceConnections, unverified, warnings], [CONNECTIONS, 0, []]);
    assert.deepEqual(distinctValues(await serverSockets(port)), [valuesOf(VALUES)]);
  });
});
