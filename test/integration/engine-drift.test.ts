// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { Registry } from 'prom-client';
import { systemClock } from '../../shared/time/system-clock.js';
import {
  bindPlan,
  connectRaw,
  distinctValues,
  holds,
  keepalive,
  listenOnLoopback,
  portOf,
  startEngine,
  UPSTREAM,
  valuesOf,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { formatValues, kernelSockets } from '../support/kernel-oracle.js';
import { changeDescriptors, TAMPERED } from '../support/socket-tool.js';

const TCP_BIND = '8090/ns/gw';
const VALUES = keepalive(30, 5, 3);

describe('values that another process changed', () => {
  it('are found on listening, client and backend sockets, put back and counted', async (t) => {
    const sink = createServer((socket) => socket.on('data', () => undefined));
    const backendPort = await listenOnLoopback(t, sink);
    const registry = new Registry();
    let wallMs = 1000;
    const clock = { ...systemClock(), wallMs: () => wallMs };
    const engine = startEngine(t, { registry, clock, limits: { auditMs: 300 } });
    await engine.apply({
      version: '1',
      binds: [bindPlan({ key: TCP_BIND, protocol: 'tcp', backendPort, tcp: VALUES })],
      upstreamTcp: UPSTREAM,
    });
    const port = portOf(engine, TCP_BIND);
    await connectRaw(t, port);
    await connectRaw(t, port);
    const sockets = async () => {
      const all = await kernelSockets();
      const own = all.filter(({ localPort }) => localPort === port);
      return {
        listening: own.filter(({ listening }) => listening),
        down: own.filter(({ listening }) => !listening),
        up: all.filter(({ remotePort }) => remotePort === backendPort),
      };
    };
    await eventually(async () => assert.equal((await sockets()).up.length, 2));
    await holds(() => engine.summary().inForce);
    assert.equal(engine.summary().inForceSinceMs, 1000);
    const changes: boolean[] = [];
    engine.onChange(() => changes.push(engine.summary().inForceSinceMs > 1000));

    const { listening, down, up } = await sockets();
    wallMs = 2000;
    const victims = [listening[0], down[0], up[0]].map((socket) => socket?.fd ?? -1);
    await changeDescriptors('tamper', victims);
    await holds(() => engine.summary().drifted === 3);

    await holds(() => engine.summary().inForce);
    assert.equal(engine.summary().inForceSinceMs, 2000, 'in force again, since the repair');
    await holds(() => changes.includes(true));
    const after = await sockets();
    assert.deepEqual(distinctValues([...after.listening, ...after.down]), [valuesOf(VALUES)]);
    assert.deepEqual(distinctValues(after.up), [valuesOf(UPSTREAM)]);
    const text = await registry.metrics();
    assert.match(text, /^heartline_keepalive_drifted_total 3$/m);
    assert.equal(after.down.length, 2, 'nothing was closed');
  });

  it('are seen as they are until they are found', async (t) => {
    const engine = startEngine(t);
    await engine.apply({ version: '1', binds: [bindPlan({ tcp: VALUES })], upstreamTcp: UPSTREAM });
    const port = portOf(engine);
    await connectRaw(t, port);
    await holds(() => engine.summary().open === 1);
    const victim = (await kernelSockets()).find(
      ({ localPort, listening }) => localPort === port && !listening,
    );
    await changeDescriptors('tamper', [victim?.fd ?? -1]);
    const [view] = (await engine.query({ afterId: 0, limit: 1 })).connections;
    assert.equal(view?.keepalive?.idleSeconds, 77);
    const [socket] = (await kernelSockets()).filter(({ fd }) => fd === victim?.fd);
    assert.equal(socket && formatValues(socket), TAMPERED);
  });
});
