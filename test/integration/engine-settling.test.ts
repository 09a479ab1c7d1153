// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Engine } from '../../dataplane/engine/engine.js';
import {
  bindPlan,
  connectRaw,
  distinctValues,
  holds,
  keepalive,
  OFF,
  portOf,
  type RawClient,
  serverSockets,
  startEngine,
  UPSTREAM,
  valuesOf,
} from '../support/engine-lab.js';
import { formatValues } from '../support/kernel-oracle.js';

const COUNT = 40;
/** Few at once, so that the rest waits long enough to be looked at from outside. */
const PER_SECOND = 20;
/** Turns that are free at the start. */
const AT_ONCE = 1;
const BEFORE = keepalive(300, 60, 5);
/** The idle connections of these tests are older than its time. */
const AFTER = keepalive(1, 7, 4);

async function startIdle(
  t: TestContext,
): Promise<{ engine: Engine; port: number; clients: RawClient[] }> {
  const engine = startEngine(t, { limits: { probesPerSecond: PER_SECOND } });
  await engine.apply({ version: '1', binds: [bindPlan({ tcp: BEFORE })], upstreamTcp: UPSTREAM });
  const port = portOf(engine);
  const clients = await Promise.all(Array.from({ length: COUNT }, () => connectRaw(t, port)));
  await holds(() => engine.summary().open === COUNT);
  const idleSinceMs = performance.now();
  await holds(() => performance.now() - idleSinceMs > 1100);
  return { engine, port, clients };
}

function change(engine: Engine, version: string, tcp = AFTER) {
  return engine.apply({ version, binds: [bindPlan({ tcp })], upstreamTcp: UPSTREAM });
}

describe('sockets that a change would make probe at once', { concurrency: true }, () => {
  it('settle at a bounded rate, and nothing waits for them or claims that they hold', async (t) => {
    const { engine, port, clients } = await startIdle(t);
    const { verifiedMs, warnings, errors } = await change(engine, '2');
    assert.deepEqual(
      [warnings, errors],
      [[], []],
      'the answer does not wait, and has nothing to say',
    );
    assert.ok(verifiedMs < 500, `${verifiedMs} ms`);
    const { settling, inForce, inForceConnections, unverified, failed } = engine.summary();
    assert.ok(settling > COUNT - 10 && settling <= COUNT - AT_ONCE, `${settling} settle`);
    assert.deepEqual([inForce, unverified, failed], [false, 0, 0]);
    assert.equal(inForceConnections, COUNT - settling);
    assert.equal(engine.summary().listeners[0]?.inForce, false);

    const early = await serverSockets(port);
    const accepted = early.filter(({ listening }) => !listening);
    const waiting = accepted.filter(({ idleSeconds }) => idleSeconds === BEFORE.idleSeconds);
    assert.ok(waiting.length > 10, `${waiting.length} wait`);
    const partly = valuesOf({ ...AFTER, idleSeconds: BEFORE.idleSeconds });
    assert.deepEqual(distinctValues(waiting), [partly], 'they have everything else at once');
    assert.ok(
      early
        .filter(({ listening }) => listening)
        .every((one) => formatValues(one) === valuesOf(AFTER)),
    );
    const page = await engine.query({ afterId: 0, limit: COUNT });
    const shown = page.connections.filter((view) => view.settling);
    assert.ok(shown.length > 0 && shown.every((view) => !view.inForce && view.version === ''));

    await holds(() => engine.summary().settling === 0);
    const summary = engine.summary();
    assert.deepEqual([summary.inForce, summary.inForceConnections], [true, COUNT]);
    assert.deepEqual(distinctValues(await serverSockets(port)), [valuesOf(AFTER)]);
    assert.ok(clients.every(({ closed }) => !closed()));
  });

  it('get a newer change instead, and may close meanwhile', async (t) => {
    const { engine, port, clients } = await startIdle(t);
    await change(engine, '2');
    assert.ok(engine.summary().settling > 0);
    for (const { socket } of clients.slice(0, 10)) socket.destroy();
    await holds(() => engine.summary().open === COUNT - 10);
    const newest = keepalive(400, 9, 6);
    await change(engine, '3', newest);
    const { settling, inForce, inForceConnections, open } = engine.summary();
    assert.deepEqual([settling, inForce, inForceConnections, open], [0, true, 30, 30]);
    assert.deepEqual(distinctValues(await serverSockets(port)), [valuesOf(newest)]);
  });

  it('go off at once', async (t) => {
    const { engine, port } = await startIdle(t);
    await change(engine, '2');
    assert.ok(engine.summary().settling > 0);
    await change(engine, '3', OFF);
    assert.deepEqual([engine.summary().settling, engine.summary().inForce], [0, true]);
    assert.ok((await serverSockets(port)).every(({ enabled }) => !enabled));
  });

  it('do not settle when they are younger than the new time, or spoke within it', async (t) => {
    const engine = startEngine(t, { limits: { probesPerSecond: PER_SECOND } });
    await engine.apply({ version: '1', binds: [bindPlan({ tcp: BEFORE })], upstreamTcp: UPSTREAM });
    const port = portOf(engine);
    const clients = await Promise.all(Array.from({ length: 20 }, () => connectRaw(t, port)));
    await holds(() => engine.summary().open === 20);
    const sinceMs = performance.now();
    await holds(() => performance.now() - sinceMs > 1100);
    for (const { socket } of clients) socket.write('GET');
    await holds(() => clients.every(({ socket }) => socket.writableLength === 0));
    await change(engine, '2', keepalive(60, 7, 4));
    assert.equal(engine.summary().inForce, true, 'all are younger');
    await change(engine, '3', AFTER);
    assert.equal(engine.summary().settling, 0, 'all have just spoken');
    assert.equal(engine.summary().inForce, true);
  });
});
