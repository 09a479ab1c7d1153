// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type { Engine } from '../../dataplane/engine/engine.js';
import type { EngineLimits } from '../../dataplane/engine/limits.js';
import type { Plan, TcpKeepalive } from '../../dataplane/engine/plan.js';
import { readSystemKeepalive } from '../../dataplane/keepalive/system-keepalive.js';
import {
  bindPlan,
  connectRaw,
  keepalive,
  listenOnLoopback,
  OFF,
  portOf,
  startEngine,
  UPSTREAM,
} from './engine-lab.js';
import { eventually } from './eventually.js';
import { type KernelSocket, kernelSockets } from './kernel-oracle.js';

export const FIRST = keepalive(30, 5, 3);
export const SECOND = keepalive(45, 7, 4);
export const SYSTEM = readSystemKeepalive();

const HTTP_BIND = '8080/ns/gw';
const TCP_BIND = '8090/ns/gw';

export interface Lab {
  readonly engine: Engine;
  readonly apply: (version: string, tcp: TcpKeepalive) => Promise<void>;
  readonly plan: (version: string, tcp: TcpKeepalive) => Plan;
  readonly httpPort: number;
  readonly tcpPort: number;
  readonly backendPort: number;
}

/** An HTTP bind and a TCP bind in front of one backend that streams, echoes and holds. */
export async function startLab(
  t: TestContext,
  addresses: string[] = ['127.0.0.1'],
  limits: Partial<EngineLimits> = {},
): Promise<Lab> {
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
  const engine = startEngine(t, { listenAddresses: addresses, limits });
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
    plan: planOf,
    httpPort: portOf(engine, HTTP_BIND),
    tcpPort: portOf(engine, TCP_BIND),
    backendPort,
  };
}

/** Opens one connection of each kind that a sweep must not miss. */
export async function openEachKind(t: TestContext, lab: Lab, host: string): Promise<void> {
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
export async function engineSockets(
  lab: Lab,
): Promise<{ down: KernelSocket[]; up: KernelSocket[] }> {
  const sockets = await kernelSockets();
  const ports = new Set([lab.httpPort, lab.tcpPort]);
  return {
    down: sockets.filter(({ localPort }) => ports.has(localPort)),
    up: sockets.filter(({ remotePort }) => remotePort === lab.backendPort),
  };
}

export function identities(sockets: readonly KernelSocket[]): string[] {
  return sockets.map(({ inode, remotePort }) => `${inode}:${remotePort}`).sort();
}
