// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { Registry } from 'prom-client';
import { createEngine, type EngineOptions } from '../../dataplane/engine/create-engine.js';
import type { Engine } from '../../dataplane/engine/engine.js';
import type {
  AccessRules,
  BackendTarget,
  BindPlan,
  HttpSettings,
  Plan,
  TcpKeepalive,
} from '../../dataplane/engine/plan.js';
import { DEFAULT_HTTP } from '../../dataplane/state/http-values.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import type { Clock } from '../../shared/time/clock.js';
import type { ManualClock } from '../../shared/time/manual-clock.js';
import { systemClock } from '../../shared/time/system-clock.js';
import { eventually } from './eventually.js';
import { formatValues, type KernelSocket, kernelSockets } from './kernel-oracle.js';

/** What a plan without a policy says; the engine writes the system's values for it. */
export const OFF: TcpKeepalive = {
  enabled: false,
  idleSeconds: 7200,
  intervalSeconds: 75,
  probes: 9,
};
export const UPSTREAM: TcpKeepalive = {
  enabled: true,
  idleSeconds: 180,
  intervalSeconds: 180,
  probes: 9,
};

export function keepalive(idleSeconds: number, intervalSeconds: number, probes: number) {
  return { enabled: true, idleSeconds, intervalSeconds, probes };
}

/** `KernelSocket` values as `formatValues` writes them. */
export function valuesOf(values: TcpKeepalive): string {
  const { enabled, idleSeconds, intervalSeconds, probes } = values;
  return `${enabled ? 1 : 0}/${idleSeconds}/${intervalSeconds}/${probes}/0`;
}

export interface BindShape {
  readonly key?: string;
  readonly port?: number;
  readonly protocol?: 'http' | 'tcp';
  readonly tcp?: TcpKeepalive;
  readonly http?: Partial<HttpSettings>;
  /** Port of a backend on 127.0.0.1; absent = no route. */
  readonly backendPort?: number;
  readonly listeners?: BindPlan['listeners'];
  readonly refusal?: string;
  readonly proxyProtocol?: BindPlan['proxyProtocol'];
  readonly access?: Partial<AccessRules>;
}

export function bindPlan(shape: BindShape): BindPlan {
  const protocol = shape.protocol ?? 'http';
  const backends = shape.backendPort === undefined ? [] : [localBackend(shape.backendPort)];
  const routes = [
    {
      key: 'ns/route',
      hostnames: [],
      pathMatch: { type: 'prefix' as const, value: '/' },
      backends,
    },
  ];
  const listener = {
    key: 'ns/gw.a',
    name: 'a',
    hostname: '',
    routes: protocol === 'http' && backends.length > 0 ? routes : [],
    tcpRoutes: protocol === 'tcp' ? [{ key: 'ns/tcp', backends }] : [],
  };
  return {
    key: shape.key ?? '0/ns/gw',
    port: shape.port ?? 0,
    protocol,
    listeners: shape.listeners ?? [listener],
    tcp: shape.tcp ?? OFF,
    http: { ...DEFAULT_HTTP, ...shape.http },
    policyKeys: [],
    ...(shape.refusal === undefined ? {} : { refusal: { reason: shape.refusal } }),
    ...(shape.proxyProtocol && { proxyProtocol: shape.proxyProtocol }),
    ...(shape.access && { access: { allow: [], deny: [], require: [], ...shape.access } }),
  };
}

export function localBackend(port: number): BackendTarget {
  return { key: `ns/backend-${port}`, host: '127.0.0.1', port, weight: 1 };
}

export function plan(version: string, ...binds: BindShape[]): Plan {
  return { version, binds: binds.map(bindPlan), upstreamTcp: UPSTREAM };
}

/** An engine on loopback that the test ends, with everything it opened. */
export function startEngine(t: TestContext, options: Partial<EngineOptions> = {}): Engine {
  const engine = createEngine({
    clock: systemClock(),
    random: Math.random,
    logger: createLogger({ name: 'test', level: 'silent' }),
    registry: new Registry(),
    listenAddresses: ['127.0.0.1'],
    portOffset: 0,
    allowLocalBackends: true,
    forbiddenBackendPorts: [],
    ...options,
  });
  t.after(() => drainNow(engine, options.clock));
  return engine;
}

/** The last thing an engine waits for are the peers' acknowledgements, also on a clock that is moved by hand. */
export async function drainNow(engine: Engine, clock: Clock | undefined): Promise<void> {
  let isDone = false;
  const drained = engine.drain(0).then(() => {
    isDone = true;
  });
  while (!isDone && clock !== undefined && 'advance' in clock) {
    (clock as ManualClock).advance(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await drained;
}

/** The real port of a bind, whatever the plan says. */
export function portOf(engine: Engine, bindKey = '0/ns/gw'): number {
  const listener = engine.summary().listeners.find((each) => each.bindKey === bindKey);
  const [address = ''] = listener?.addresses ?? [];
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

/** A backend on loopback; ends with the test. */
export async function startBackend(t: TestContext, handler: RequestListener): Promise<number> {
  const server = createServer(handler);
  server.keepAliveTimeout = 60_000;
  return listenOnLoopback(t, server);
}

export async function listenOnLoopback(
  t: TestContext,
  server: Server | NetServer,
): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close').catch(() => undefined);
  });
  return (server.address() as AddressInfo).port;
}

type NetServer = import('node:net').Server;

/** A client socket that collects what it receives; ends with the test. */
export interface RawClient {
  readonly socket: Socket;
  readonly received: () => string;
  readonly ended: () => boolean;
  readonly closed: () => boolean;
  /** Resolves when the received text contains `text`. */
  until(text: string): Promise<string>;
}

export async function connectRaw(
  t: TestContext,
  port: number,
  host = '127.0.0.1',
): Promise<RawClient> {
  const socket = connect({ port, host, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  let ended = false;
  let closed = false;
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('end', () => {
    ended = true;
  });
  socket.on('close', () => {
    closed = true;
  });
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  const received = (): string => Buffer.concat(chunks).toString('latin1');
  return {
    socket,
    received,
    ended: () => ended,
    closed: () => closed,
    until: (text) =>
      eventually(
        () => {
          if (!received().includes(text)) throw new Error(`no ${text} in: ${received()}`);
          return received();
        },
        { everyMs: 5 },
      ),
  };
}

/**
 * Waits until a condition holds. Cheaper than a failing assertion per look, and precise to 5 ms.
 */
export function holds(condition: () => boolean): Promise<void> {
  const probe = (): void => {
    if (!condition()) throw new Error(`does not hold: ${condition}`);
  };
  return eventually(probe, { everyMs: 5 });
}

/** Sockets of this process that belong to the engine: those with `port` as local port. */
export async function serverSockets(port: number): Promise<KernelSocket[]> {
  const sockets = await kernelSockets();
  return sockets.filter((socket) => socket.localPort === port);
}

/** Every distinct set of values among sockets, sorted. */
export function distinctValues(sockets: readonly KernelSocket[]): string[] {
  return [...new Set(sockets.map(formatValues))].sort();
}
