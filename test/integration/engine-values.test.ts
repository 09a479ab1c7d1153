// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { Plan, TcpKeepalive } from '../../dataplane/engine/plan.js';
import { systemClock } from '../../shared/time/system-clock.js';
import {
  bindPlan,
  connectRaw,
  distinctValues,
  listenOnLoopback,
  localBackend,
  OFF,
  portOf,
  serverSockets,
  startEngine,
  UPSTREAM,
  valuesOf,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { formatValues, kernelSockets } from '../support/kernel-oracle.js';
import { changeDescriptors, TAMPERED } from '../support/socket-tool.js';

import {
  engineSockets,
  FIRST,
  identities,
  type Lab,
  openEachKind,
  SECOND,
  SYSTEM,
  startLab,
} from '../support/values-lab.js';

const CLOSE_WAIT = 8;

async function changesReachEachKind(t: TestContext, lab: Lab, host: string): Promise<void> {
  await openEachKind(t, lab, host);
  const before = await engineSockets(lab);
  assert.equal(before.down.length, 2 + 8);
  assert.ok(before.down.some(({ state }) => state === CLOSE_WAIT));
  assert.deepEqual(distinctValues(before.down), [valuesOf(SYSTEM)]);
  assert.deepEqual(distinctValues(before.up), [valuesOf(UPSTREAM)]);
  const steps: [string, TcpKeepalive, TcpKeepalive][] = [
    ['1', FIRST, { ...FIRST, idleSeconds: 130 }],
    ['2', SECOND, { ...SECOND, idleSeconds: 145 }],
    ['3', OFF, UPSTREAM],
    ['4', FIRST, { ...FIRST, idleSeconds: 130 }],
  ];
  for (const [version, values, upstream] of steps) {
    await lab.apply(version, values);
    const now = await engineSockets(lab);
    const expected = values.enabled ? values : SYSTEM;
    assert.deepEqual(distinctValues(now.down), [valuesOf(expected)], `downstream at ${version}`);
    assert.deepEqual(distinctValues(now.up), [valuesOf(upstream)], `upstream at ${version}`);
    assert.deepEqual(identities(now.down), identities(before.down), 'the same connections');
    const summary = lab.engine.summary();
    assert.equal(summary.inForce, true);
    assert.equal(summary.inForceConnections, summary.open);
    const page = await lab.engine.query({ afterId: 0, limit: 100 });
    assert.deepEqual([...new Set(page.connections.map((view) => view.version))], [version]);
  }
}

describe('keepalive values in the kernel', () => {
  it('reach listening sockets and every kind of open connection, and go off again', async (t) => {
    await changesReachEachKind(t, await startLab(t), '127.0.0.1');
  });

  it('reach IPv6 connections too', async (t) => {
    await changesReachEachKind(t, await startLab(t, ['::1']), '::1');
  });

  it('reach both families through one dual-stack socket', async (t) => {
    const lab = await startLab(t, []);
    await connectRaw(t, lab.httpPort, '127.0.0.1');
    await connectRaw(t, lab.httpPort, '::1');
    await eventually(() => assert.equal(lab.engine.summary().open, 2));
    await lab.apply('1', FIRST);
    const { down } = await engineSockets(lab);
    assert.deepEqual(distinctValues(down), [valuesOf(FIRST)]);
    const [first, second] = (await lab.engine.query({ afterId: 0, limit: 9 })).connections;
    assert.match(first?.peer ?? '', /^127\.0\.0\.1:\d+$/);
    assert.match(second?.peer ?? '', /^\[::1\]:\d+$/);
  });

  it('reach connections that were waiting for accept while the values changed', async (t) => {
    const lab = await startLab(t);
    const count = 200;
    // Another process connects, so that the handshakes finish while this one is blocked.
    const client = spawn('python3', ['-c', CONNECT_SCRIPT, String(lab.httpPort), String(count)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => client.kill());
    const ready = once(client.stdout, 'data');
    const blockedUntil = performance.now() + 1500;
    while (performance.now() < blockedUntil);
    const applied = lab.apply('1', FIRST);
    assert.equal(lab.engine.summary().open, 0, 'nothing was accepted before the change');
    await applied;
    await ready;
    await eventually(() => assert.equal(lab.engine.summary().open, count));
    const { down } = await engineSockets(lab);
    assert.equal(down.length, 2 + count);
    assert.deepEqual(distinctValues(down), [valuesOf(FIRST)]);
  });

  it('differ per backend, and follow their policy on connections that are open', async (t) => {
    const hold = (): Server => createServer((socket) => socket.on('data', () => undefined));
    const ports = [await listenOnLoopback(t, hold()), await listenOnLoopback(t, hold())];
    const [first = 0, second = 0] = ports;
    const engine = startEngine(t);
    const apply = (version: string, upstreams: ReadonlyMap<string, TcpKeepalive>) =>
      engine.apply({
        version,
        binds: [
          bindPlan({ key: '1/ns/gw', protocol: 'tcp', backendPort: first }),
          bindPlan({ key: '2/ns/gw', protocol: 'tcp', backendPort: second }),
        ],
        upstreamTcp: UPSTREAM,
        upstreams,
      });
    const sockets = async (port: number) =>
      (await kernelSockets()).filter(({ remotePort }) => remotePort === port);
    await apply('1', new Map([[localBackend(first).key, FIRST]]));
    for (const key of ['1/ns/gw', '2/ns/gw']) await connectRaw(t, portOf(engine, key));
    await eventually(async () => assert.equal((await sockets(second)).length, 1));
    await eventually(async () => assert.equal((await sockets(first)).length, 1));
    const before = [...(await sockets(first)), ...(await sockets(second))];
    assert.deepEqual(before.map(formatValues), [valuesOf(FIRST), valuesOf(UPSTREAM)]);

    await apply('2', new Map([[localBackend(second).key, SECOND]]));
    const after = [...(await sockets(first)), ...(await sockets(second))];
    assert.deepEqual(after.map(formatValues), [valuesOf(UPSTREAM), valuesOf(SECOND)]);
    assert.deepEqual(identities(after), identities(before), 'the same connections');
    assert.equal(engine.summary().inForce, true);
    const page = await engine.query({ afterId: 0, limit: 9, side: 'upstream' });
    assert.deepEqual(
      page.connections.map(({ bindKey, version }) => [bindKey, version]),
      [
        ['', '2'],
        ['', '2'],
      ],
    );
  });

  it('need no system call when a plan changes only routes', async (t) => {
    const lab = await startLab(t);
    await connectRaw(t, lab.httpPort);
    await eventually(() => assert.equal(lab.engine.summary().open, 1));
    await lab.apply('1', FIRST);
    const [victim] = (await serverSockets(lab.httpPort)).filter(({ listening }) => !listening);
    await changeDescriptors('tamper', [victim?.fd ?? -1]);
    await lab.apply('2', FIRST);
    const { down } = await engineSockets(lab);
    assert.ok(down.some((socket) => formatValues(socket) === TAMPERED));
    const [view] = (await lab.engine.query({ afterId: 0, limit: 1 })).connections;
    assert.equal(view?.version, '2');
    assert.equal(view?.keepalive?.idleSeconds, 77, 'a query reads the kernel, not the plan');
  });

  it('come with no delay and a deep accept queue', async (t) => {
    const lab = await startLab(t);
    await connectRaw(t, lab.httpPort);
    await eventually(() => assert.equal(lab.engine.summary().open, 1));
    const { down } = await engineSockets(lab);
    const accepted = down.filter(({ listening }) => !listening);
    assert.deepEqual(
      accepted.map(({ noDelay }) => noDelay),
      [true],
    );
    const somaxconn = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
    const queues = down.filter(({ listening }) => listening).map(({ backlog }) => backlog);
    const depth = Math.min(4096, somaxconn);
    assert.deepEqual(queues, [depth, depth]);
  });

  it('since when is said of the newest version, not of an earlier one', async (t) => {
    const clock = { ...systemClock(), wallMs: () => wallMs };
    let wallMs = 1_000;
    const engine = startEngine(t, { clock });
    const planOf = (version: string): Plan => ({
      version,
      binds: [bindPlan({ tcp: FIRST })],
      upstreamTcp: UPSTREAM,
    });
    await engine.apply(planOf('1-a'));
    assert.equal(engine.summary().inForceSinceMs, 1_000);
    wallMs = 2_000;
    assert.equal(engine.summary().inForceSinceMs, 1_000, 'time alone changes nothing');
    await engine.apply(planOf('2-b'));
    assert.equal(engine.summary().inForceSinceMs, 2_000);
  });
});

const CONNECT_SCRIPT = `
import socket, sys
port, count = int(sys.argv[1]), int(sys.argv[2])
held = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
print("ready", flush=True)
sys.stdin.read()
`;
