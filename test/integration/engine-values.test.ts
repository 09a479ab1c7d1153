// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type { Engine } from '../../dataplane/engine/engine.js';
import type { Plan, TcpKeepalive } from '../../dataplane/engine/plan.js';
import { readSystemKeepalive } from '../../dataplane/keepalive/system-keepalive.js';
import { systemClock } from '../../shared/time/system-clock.js';
import {
  bindPlan,
  connectRaw,
  distinctValues,
  keepalive,
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
import { formatValues, type KernelSocket, kernelSockets } from '../support/kernel-oracle.js';
import { changeDescriptors, TAMPERED } from '../support/socket-tool.js';

const FIRST = keepalive(30, 5, 3);
const SECOND = keepalive(45, 7, 4);
const SYSTEM = readSystemKeepalive();

const HTTP_BIND = '8080/ns/gw';
const TCP_BIND = '8090/ns/gw';
const CLOSE_WAIT = 8;

interface Lab {
  readonly engine: Engine;
  readonly apply: (version: string, tcp: TcpKeepalive) => Promise<void>;
  readonly httpPort: number;
  readonly tcpPort: number;
  readonly backendPort: number;
}

/** An HTTP bind and a TCP bind in front of one backend that streams, echoes and holds. */
async function startLab(t: TestContext, addresses: string[] = ['127.0.0.1']): Promise<Lab> {
  const backend = createHttpServer((request, response) => {
    if (request.url === '/stream') {
      response.writeHead(200);
      const timer = setInterval(() => response.write('tick\n'), 20);
      response.once('close', () => clearInterval(timer));
    } else {
      response.end('ok');
    }
  });
  // Keeps answering a client that half-closed, so that its connection stays in CLOSE_WAIT.
  Object.assign(backend, { httpAllowHalfOpen: true });
  const sockets = new WebSocketServer({ server: backend });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
  const backendPort = await listenOnLoopback(t, backend);
  const engine = startEngine(t, { listenAddresses: addresses });
  const planOf = (version: string, tcp: TcpKeepalive): Plan => ({
    version,
    binds: [
      { ...bindPlan({ key: HTTP_BIND, backendPort, tcp }) },
      { ...bindPlan({ key: TCP_BIND, protocol: 'tcp', backendPort, tcp }) },
    ],
    upstreamTcp: tcp.enabled ? { ...tcp, idleSeconds: tcp.idleSeconds + 100 } : UPSTREAM,
  });
  const apply = async (version: string, tcp: TcpKeepalive): Promise<void> => {
    const report = await engine.apply(planOf(version, tcp));
    assert.deepEqual(
      { ...report, listenersMs: 0, verifiedMs: 0 },
      {
        version,
        errors: [],
        warnings: [],
        listenersMs: 0,
        verifiedMs: 0,
      },
    );
  };
  await apply('0', OFF);
  return {
    engine,
    apply,
    httpPort: portOf(engine, HTTP_BIND),
    tcpPort: portOf(engine, TCP_BIND),
    backendPort,
  };
}

/** Opens one connection of each kind that a sweep must not miss. */
async function openEachKind(t: TestContext, lab: Lab, host: string): Promise<void> {
  const { httpPort: port, tcpPort, engine } = lab;
  const idle = await connectRaw(t, port, host);
  idle.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await idle.until('ok');
  const streaming = await connectRaw(t, port, host);
  streaming.socket.write('GET /stream HTTP/1.1\r\nhost: a\r\n\r\n');
  await streaming.until('tick');
  const authority = host.includes(':') ? `[${host}]` : host;
  const websocket = new WebSocket(`ws://${authority}:${port}/`);
  t.after(() => websocket.terminate());
  await once(websocket, 'open');
  const session = connectHttp2(`http://${authority}:${port}`);
  t.after(() => session.destroy());
  const stream = session.request({ ':path': '/' });
  stream.resume();
  await once(stream, 'close');
  const halfSniffed = await connectRaw(t, port, host);
  halfSniffed.socket.write('PRI * HT');
  await connectRaw(t, port, host);
  const tunnel = await connectRaw(t, tcpPort, host);
  tunnel.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await tunnel.until('ok');
  const closeWait = await connectRaw(t, tcpPort, host);
  closeWait.socket.write('GET /stream HTTP/1.1\r\nhost: a\r\n\r\n');
  await closeWait.until('tick');
  closeWait.socket.end();
  await eventually(async () => {
    const kinds = await engine.query({ afterId: 0, limit: 100, side: 'downstream' });
    const names = kinds.connections.map(({ protocol }) => protocol).sort();
    assert.deepEqual(names, [
      'h2',
      'http/1.1',
      'http/1.1',
      'sniffing',
      'sniffing',
      'tcp',
      'tcp',
      'websocket',
    ]);
  });
}

/** The engine's sockets: those with its ports on this side, and those towards the backend. */
async function engineSockets(lab: Lab): Promise<{ down: KernelSocket[]; up: KernelSocket[] }> {
  const sockets = await kernelSockets();
  const ports = new Set([lab.httpPort, lab.tcpPort]);
  return {
    down: sockets.filter(({ localPort }) => ports.has(localPort)),
    up: sockets.filter(({ remotePort }) => remotePort === lab.backendPort),
  };
}

function identities(sockets: readonly KernelSocket[]): string[] {
  return sockets.map(({ inode, remotePort }) => `${inode}:${remotePort}`).sort();
}

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

  it('end at the last of 100 changes in 100 ms, on every socket', async (t) => {
    const lab = await startLab(t);
    await openEachKind(t, lab, '127.0.0.1');
    const applies: Promise<void>[] = [];
    for (let i = 1; i <= 100; i += 1) {
      applies.push(lab.apply(String(i), keepalive(i, 5, 3)));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(applies);
    const { down } = await engineSockets(lab);
    assert.deepEqual(distinctValues(down), [valuesOf(keepalive(100, 5, 3))]);
    assert.equal(lab.engine.summary().version, '100');
  });

  it('stay right while connections come and go during the sweep; other ports are not touched', async (t) => {
    const lab = await startLab(t);
    const sentinel = createServer();
    const sentinelPort = await listenOnLoopback(t, sentinel);
    const sentinels = await Promise.all(
      Array.from({ length: 20 }, () => connectRaw(t, sentinelPort)),
    );
    assert.equal(sentinels.length, 20);
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
    assert.deepEqual(distinctValues(await serverSockets(sentinelPort)), [valuesOf(SYSTEM)]);
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
