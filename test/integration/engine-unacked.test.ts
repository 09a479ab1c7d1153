// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Registry } from 'prom-client';
import type { Engine } from '../../dataplane/engine/engine.js';
import type { Plan, TcpKeepalive } from '../../dataplane/engine/plan.js';
import {
  bindPlan,
  connectRaw,
  holds,
  keepalive,
  listenOnLoopback,
  OFF,
  portOf,
  type RawClient,
  startEngine,
  UPSTREAM,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { leftTowards } from '../support/kernel-leftovers.js';
import { kernelSockets } from '../support/kernel-oracle.js';
import { changeSockets } from '../support/socket-tool.js';

const HTTP_BIND = '8080/ns/gw';
const TCP_BIND = '8090/ns/gw';
/** Dead after 2 s with data in flight: 1 + 1 × 1. */
const SHORT = keepalive(1, 1, 1);
const LIMIT_MS = 2000;
/** Far above: two looks of 250 ms each, and looks that come late on a busy machine are postponed. */
const LATEST_MS = LIMIT_MS + 6000;

interface Lab {
  readonly engine: Engine;
  readonly port: number;
  readonly tcpPort: number;
  readonly backendPort: number;
  readonly upstream: Socket[];
  readonly apply: (version: string, down: TcpKeepalive, up?: TcpKeepalive) => Promise<void>;
  /** Closed connections by `cause bind`. */
  readonly closed: () => Promise<Record<string, number>>;
}

async function startLab(t: TestContext, tcp: TcpKeepalive): Promise<Lab> {
  const backend = createHttpServer((_request, response) => {
    const timer = setInterval(() => response.write('tick\n'), 50);
    response.once('close', () => clearInterval(timer));
  });
  const upstream: Socket[] = [];
  backend.on('connection', (socket: Socket) => upstream.push(socket));
  const backendPort = await listenOnLoopback(t, backend);
  const registry = new Registry();
  const engine = startEngine(t, { registry });
  const planOf = (version: string, down: TcpKeepalive, up: TcpKeepalive): Plan => ({
    version,
    binds: [
      bindPlan({ key: HTTP_BIND, backendPort, tcp: down }),
      bindPlan({ key: TCP_BIND, protocol: 'tcp', backendPort, tcp: down }),
    ],
    upstreamTcp: up,
  });
  const apply = async (version: string, down: TcpKeepalive, up = UPSTREAM): Promise<void> => {
    await engine.apply(planOf(version, down, up));
  };
  await apply('1', tcp);
  return {
    engine,
    port: portOf(engine, HTTP_BIND),
    tcpPort: portOf(engine, TCP_BIND),
    backendPort,
    upstream,
    apply,
    closed: async () => {
      const metric = registry.getSingleMetric('heartline_connections_closed_total');
      const { values = [] } = (await metric?.get()) ?? {};
      return Object.fromEntries(
        values.map(({ labels, value }) => [`${labels['cause']} ${labels['bind']}`, value]),
      );
    },
  };
}

async function openStream(t: TestContext, port: number): Promise<RawClient> {
  const client = await connectRaw(t, port);
  client.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await client.until('tick');
  return client;
}

/** Client ports of the connections that the engine has open. */
async function openPorts({ engine }: Lab): Promise<number[]> {
  const page = await engine.query({ afterId: 0, limit: 100, side: 'downstream' });
  return page.connections.map(({ peer }) => Number(peer.slice(peer.lastIndexOf(':') + 1)));
}

function portsOf(clients: readonly RawClient[]): number[] {
  return clients.map(({ socket }) => socket.localPort ?? 0);
}

/** Waits until the connections are gone from the engine, and says how long that took. */
async function deathMs(lab: Lab, clients: readonly RawClient[], fromMs: number): Promise<number> {
  const ports = portsOf(clients);
  await eventually(
    async () => {
      const open = await openPorts(lab);
      if (ports.some((port) => open.includes(port))) throw new Error('still open');
    },
    { everyMs: 20 },
  );
  return performance.now() - fromMs;
}

/** The kernel has no socket left towards these clients, not even one without owner. */
function assertNoOrphan({ port, tcpPort }: Lab, ports: readonly number[]): void {
  assert.deepEqual(leftTowards([port, tcpPort], ports), {});
}

describe('a peer that dies with data in flight', { concurrency: true }, () => {
  it('is found after time + interval × retries, on HTTP and TCP, and a healthy one never is', async (t) => {
    const lab = await startLab(t, SHORT);
    const dead = [await openStream(t, lab.port), await openStream(t, lab.tcpPort)];
    const lossy = [await openStream(t, lab.port), await openStream(t, lab.tcpPort)];
    const paused = [await openStream(t, lab.port), await openStream(t, lab.tcpPort)];
    const idle = await connectRaw(t, lab.port);
    for (const { socket } of paused) socket.pause();
    await changeSockets(
      'lossy',
      lossy.map(({ socket }) => socket),
    );
    const fromMs = performance.now();
    await changeSockets(
      'mute',
      dead.map(({ socket }) => socket),
    );
    const tookMs = await deathMs(lab, dead, fromMs);
    assert.ok(tookMs >= LIMIT_MS && tookMs <= LATEST_MS, `found after ${tookMs} ms`);
    assertNoOrphan(lab, portsOf(dead));
    await eventually(async () => {
      const closed = await lab.closed();
      assert.equal(closed[`tcp_unacked ${HTTP_BIND}`], 1);
      assert.equal(closed[`tcp_unacked ${TCP_BIND}`], 1);
      assert.equal(closed['tcp_unacked '], undefined, 'their backends are not booked as dead');
    });
    const healthy = [...lossy, ...paused, idle];
    assert.deepEqual((await openPorts(lab)).sort(), portsOf(healthy).sort());
    assert.ok(healthy.every(({ closed }) => !closed()));
  });

  it('is found by a policy that comes after its death, at once when the time is over', async (t) => {
    const lab = await startLab(t, OFF);
    const client = await openStream(t, lab.port);
    const fromMs = performance.now();
    await changeSockets('mute', [client.socket]);
    // Longer than the limit of the policy to come.
    await holds(() => performance.now() - fromMs > LIMIT_MS + 1200);
    assert.deepEqual(
      await openPorts(lab),
      portsOf([client]),
      'nothing looks for it without keepalive',
    );
    const appliedMs = performance.now();
    await lab.apply('2', SHORT);
    const tookMs = await deathMs(lab, [client], appliedMs);
    assert.ok(tookMs >= 300 && tookMs < LIMIT_MS, `found ${tookMs} ms after the policy`);
    assertNoOrphan(lab, portsOf([client]));
  });

  it('is found behind the gateway too, and its client learns of it', async (t) => {
    const lab = await startLab(t, OFF);
    const sink = createServer((socket) => socket.on('data', () => undefined));
    sink.on('connection', (socket) => lab.upstream.push(socket));
    const sinkPort = await listenOnLoopback(t, sink);
    await lab.engine.apply({
      version: '2',
      binds: [bindPlan({ key: TCP_BIND, protocol: 'tcp', backendPort: sinkPort })],
      upstreamTcp: SHORT,
    });
    const client = await connectRaw(t, portOf(lab.engine, TCP_BIND));
    client.socket.write('hello');
    await holds(() => lab.upstream.length === 1);
    const fromMs = performance.now();
    await changeSockets('mute', lab.upstream);
    client.socket.write('is anybody there');
    await holds(() => client.closed());
    const tookMs = performance.now() - fromMs;
    assert.ok(tookMs >= LIMIT_MS && tookMs <= LATEST_MS, `found after ${tookMs} ms`);
    assert.equal((await lab.closed())['tcp_unacked '], 1);
    const left = (await kernelSockets()).filter(({ remotePort }) => remotePort === sinkPort);
    assert.deepEqual(left, []);
  });

  it('is found when only our FIN is in flight', async (t) => {
    const lab = await startLab(t, SHORT);
    const client = await openStream(t, lab.tcpPort);
    await changeSockets('mute', [client.socket]);
    const fromMs = performance.now();
    for (const socket of lab.upstream) socket.end();
    const tookMs = await deathMs(lab, [client], fromMs);
    assert.ok(tookMs <= LATEST_MS, `found after ${tookMs} ms`);
    assertNoOrphan(lab, portsOf([client]));
  });
});
