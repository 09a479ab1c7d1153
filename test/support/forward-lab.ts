// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { EngineSummary } from '../../dataplane/engine/report.js';
import { createWorkerTunnels } from '../../dataplane/tunnel/worker-tunnels.js';
import { connectGrpc } from '../../dataplane/xds/connection.js';
import { nodeOf, type WorkerIdentity } from '../../dataplane/xds/node-identity.js';
import { startReporter } from '../../dataplane/xds/reporter.js';
import { loadWire } from '../../shared/proto/wire.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { systemClock } from '../../shared/time/system-clock.js';
import { startTestControlPlane, type TestControlPlane } from './control-plane.js';
import { eventually } from './eventually.js';
import { SpdyClient } from './spdy-client.js';
import { openWebSocketBytes } from './websocket-bytes.js';

const POD = { namespace: 'agentgateway-system', name: 'agentgateway-proxy-0' };
const IDENTITY: WorkerIdentity = {
  pod: POD,
  gateway: { namespace: 'httpbin', name: 'agentgateway-proxy' },
  cluster: 'local',
  ...{ instanceIp: '127.0.0.1', nodeName: '', build: '0.0.0-test' },
};
export const FORWARD_PATH = `/api/v1/namespaces/${POD.namespace}/pods/${POD.name}/portforward`;

const SUMMARY: EngineSummary = {
  ...{ version: '', inForce: true, inForceSinceMs: 5, open: 0, inForceConnections: 0 },
  ...{ settling: 0, deferred: 0, settingsPending: 0, failed: 0, unverified: 0, newOnly: 0 },
  ...{ drifted: 0, listeners: [] },
};

/** What stands where a worker's admin, stats and readiness servers would be. */
export interface TargetServer {
  readonly port: number;
  readonly sockets: Set<Socket>;
  close(): Promise<void>;
}

/** A TCP server that serves each connection with `serve`. */
export async function startTarget(serve: (socket: Socket) => void): Promise<TargetServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * A whole control plane, and the two streams of a worker as the worker's own code opens them; only its three servers are
 * the test's. Clients connect to the real API port.
 */
export interface ForwardLab {
  readonly controlPlane: TestControlPlane;
  readonly port: number;
  readonly token: string;
  /** Ends the worker's fleet stream, as its death would. */
  cutWorker(): void;
  spdy(): Promise<SpdyClient>;
  /** SPDY's bytes in the messages of a websocket. */
  spdyInWebSocket(): Promise<SpdyClient>;
  webSocket(protocols: readonly string[], query?: string): WebSocket;
  /** The status and body of an upgrade that is refused. */
  refused(
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: { message: string; reason: string } }>;
  close(): Promise<void>;
}

export interface ForwardLabOptions {
  readonly admin: number;
  readonly stats: number;
  readonly readiness: number;
}

export async function startForwardLab(targets: ForwardLabOptions): Promise<ForwardLab> {
  const controlPlane = await startTestControlPlane();
  const { apiAddress, xdsAddress } = controlPlane.running;
  const token = readFileSync(join(controlPlane.dataDir, 'api.token'), 'utf8').trim();
  const workerToken = readFileSync(join(controlPlane.dataDir, 'worker.token'), 'utf8').trim();
  const { id, metadata } = nodeOf(IDENTITY);
  const fields = Object.entries(metadata?.fields ?? {});
  const xds = controlPlane.connect({
    nodeId: id ?? '',
    metadata: Object.fromEntries(fields.map(([name, value]) => [name, value.stringValue ?? ''])),
  });
  // Acknowledged, or the control plane would give the worker up after 30 s.
  await xds.open();
  const connection = connectGrpc({
    address: `127.0.0.1:${xdsAddress.port}`,
    ping: { everyMs: 60_000, timeoutMs: 10_000 },
  });
  const stopReporter = startReporterTo(connection, workerToken, targets);
  const { port } = apiAddress;
  const headers = { host: `localhost:${port}`, authorization: `Bearer ${token}` };
  await eventually(
    async () => assert.ok(await isDescribed(controlPlane), 'await isDescribed(controlPlane)'),
    { everyMs: 5 },
  );

  const webSocket = (protocols: readonly string[], query = 'ports=15000'): WebSocket =>
    new WebSocket(`ws://127.0.0.1:${port}${FORWARD_PATH}?${query}`, [...protocols], { headers });
  return {
    ...{ controlPlane, port, token, webSocket },
    cutWorker: stopReporter,
    async spdy() {
      const asked = request({
        ...{ host: '127.0.0.1', port, method: 'POST', path: FORWARD_PATH },
        headers: { ...headers, ...SPDY_HEADERS },
      });
      asked.end();
      const [answer, socket, head] = (await once(asked, 'upgrade')) as [
        IncomingMessage,
        Duplex,
        Buffer,
      ];
      assert.equal(answer.headers['x-stream-protocol-version'], 'portforward.k8s.io');
      if (head.length > 0) socket.unshift(head);
      return new SpdyClient(socket);
    },
    async spdyInWebSocket() {
      const protocol = 'SPDY/3.1+portforward.k8s.io';
      const path = FORWARD_PATH;
      return new SpdyClient(await openWebSocketBytes({ port, path, headers, protocol }));
    },
    async refused(path, more) {
      const asked = request({
        ...{ host: '127.0.0.1', port, method: 'POST', path },
        headers: { ...headers, ...SPDY_HEADERS, ...more },
      });
      asked.end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      let text = '';
      for await (const chunk of answer) text += chunk;
      return { status: answer.statusCode ?? 0, body: JSON.parse(text) };
    },
    async close() {
      stopReporter();
      connection.close();
      await controlPlane.remove();
    },
  };
}

/** How many events of this type the control plane has counted. */
export async function eventCount(controlPlane: TestControlPlane, type: string): Promise<number> {
  const { body } = await controlPlane.get('/metrics');
  const line = new RegExp(`^heartline_events_total\\{type="${type}"\\} (\\d+)$`, 'm');
  return Number(line.exec(String(body))?.[1] ?? 0);
}

/** The worker has said Hello on its fleet stream: its ports are known. */
async function isDescribed(controlPlane: TestControlPlane): Promise<boolean> {
  return (await eventCount(controlPlane, 'worker-described')) > 0;
}

const SPDY_HEADERS = {
  connection: 'Upgrade',
  upgrade: 'SPDY/3.1',
  'x-stream-protocol-version': 'portforward.k8s.io',
};

function startReporterTo(
  connection: ReturnType<typeof connectGrpc>,
  token: string,
  { admin, stats, readiness }: ForwardLabOptions,
): () => void {
  const logger = createLogger({ name: 'worker', level: 'silent' });
  const at = (port: number) => ({ host: '127.0.0.1', port });
  return startReporter(
    {
      ...{ identity: IDENTITY, startedAtMs: 0, wire: loadWire(), clock: systemClock(), logger },
      place: () => ({
        ...{ nodeName: 'machine-1', podIp: '127.0.0.1' },
        ...{ adminPort: 15_000, statsPort: 15_020, readinessPort: 15_021 },
      }),
      openTunnels: (send) =>
        createWorkerTunnels({
          servers: { admin: at(admin), stats: at(stats), readiness: at(readiness) },
          ...{ send, logger },
        }),
      engine: { summary: () => SUMMARY, onChange: () => () => undefined },
      random: () => 0,
      headers: () => new Map([['authorization', `Bearer ${token}`]]),
      onForeign: () => assert.fail('the control plane has no fleet stream'),
    },
    connection,
  );
}
