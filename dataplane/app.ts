// SPDX-License-Identifier: Apache-2.0
import { collectDefaultMetrics, Registry } from 'prom-client';
import { formatNamespacedName } from '../shared/names/gateway-name.js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../shared/names/type-urls.js';
import { loadWire } from '../shared/proto/wire.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { Clock } from '../shared/time/clock.js';
import { adminEndpoints } from './admin/admin.js';
import { createCpuProfiler } from './admin/cpu-profile.js';
import { refuseForeignPage } from './admin/host-check.js';
import { formatHostPort, type HostPort, parseHostPort } from './admin/host-port.js';
import { type HttpServer, startHttpServer } from './admin/http-server.js';
import { createReadiness, type Readiness, readinessEndpoints } from './admin/readiness.js';
import { statsEndpoints } from './admin/stats.js';
import { createEngine } from './engine/create-engine.js';
import type { Engine } from './engine/engine.js';
import type { WorkerFlags } from './flags.js';
import { readSystemKeepalive } from './keepalive/system-keepalive.js';
import { ApplyLoop } from './state/apply-loop.js';
import { emptyPlan } from './state/effective-plan.js';
import { LastGoodFile } from './state/last-good.js';
import { XdsClient } from './xds/client.js';
import { connectGrpc, type PingOptions } from './xds/connection.js';
import { nodeId, nodeOf, type WorkerIdentity } from './xds/node-identity.js';
import { startReporter } from './xds/reporter.js';
import { readToken } from './xds/token-file.js';
import { createXdsMetrics, type XdsMetrics } from './xds/xds-metrics.js';

export interface WorkerOptions {
  readonly flags: WorkerFlags;
  /** Version of the program. */
  readonly build: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** Asked to end through the admin port. */
  readonly onQuit: () => void;
}

/** A running worker. */
export interface Worker {
  readonly addresses: {
    readonly admin: HostPort;
    readonly stats: HostPort;
    readonly readiness: HostPort;
  };
  /** Leaves the fleet, lets open connections end for at most `graceMs`, then closes everything. */
  stop(graceMs: number): Promise<void>;
}

/** A control plane behind a dead path is noticed within 30 s; TCP keepalive alone, as in the reference proxy, takes 30 min. */
const PING: PingOptions = { everyMs: 15_000, timeoutMs: 10_000 };
/** gRPC servers in Go end connections that PING more often than every 5 min, unless told otherwise. */
const FOREIGN_PING: PingOptions = { everyMs: 310_000, timeoutMs: 10_000 };

/** Builds the worker in the order in which its parts need each other; serves when the promise settles. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { flags, clock, random, logger, build } = options;
  const identity = identityOf(flags, build);
  const wire = loadWire();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = createXdsMetrics(registry);
  const readiness = createReadiness(['engine', 'xds']);
  const engine = createEngine({
    clock,
    random,
    logger,
    registry,
    listenAddresses: flags.listenAddresses,
    portOffset: flags.portOffset,
    allowLocalBackends: flags.allowLocalBackends,
    forbiddenBackendPorts: ownAddresses(flags),
  });
  const lastGoodFile = openLastGood(options, metrics);
  const applyLoop = new ApplyLoop({
    engine,
    wire,
    gateway: flags.gateway,
    systemKeepalive: readSystemKeepalive(),
    logger,
    onInForce: (lastGood) => {
      readiness.done('engine');
      lastGoodFile?.save(lastGood);
    },
    onRejected: (count) => metrics.rejected.inc(count),
  });
  const headers = (): ReadonlyMap<string, string> => streamHeaders(flags);
  let ping = PING;
  const startedAtMs = clock.wallMs();
  const client = new XdsClient({
    address: flags.xdsAddress,
    node: nodeOf(identity),
    typeUrls: [ADDRESS_TYPE_URL, RESOURCE_TYPE_URL],
    wire,
    clock,
    random,
    logger,
    metrics,
    connect: connectGrpc,
    headers,
    ping: () => ping,
    held: (typeUrl) => applyLoop.versions(typeUrl),
    handle: (response) => applyLoop.handle(response),
    onSynced: () => readiness.done('xds'),
    onServed: (connection) =>
      startReporter(
        {
          identity,
          startedAtMs,
          engine,
          wire,
          clock,
          random,
          logger,
          headers,
          onForeign: () => {
            ping = FOREIGN_PING;
          },
        },
        connection,
      ),
  });
  const servers = await startServers(options, {
    engine,
    applyLoop,
    registry,
    readiness,
    describe: () => ({
      worker: { nodeId: nodeId(identity), ...identity },
      xds: client.status(),
      version: applyLoop.version,
      pending: readiness.missing(),
    }),
  });

  await engine.apply(emptyPlan());
  const lastGood = lastGoodFile?.load();
  if (lastGood !== undefined) {
    logger.info({ version: lastGood.label }, 'starting from the last-good file');
    await applyLoop.restore(lastGood);
    readiness.done('xds');
  }
  client.start();

  return {
    addresses: {
      admin: servers.admin.address,
      stats: servers.stats.address,
      readiness: servers.readiness.address,
    },
    async stop(graceMs) {
      readiness.pending('draining');
      client.stop();
      await engine.drain(graceMs);
      await lastGoodFile?.close();
      await Promise.all(Object.values(servers).map((server) => server.close()));
    },
  };
}

function identityOf(flags: WorkerFlags, build: string): WorkerIdentity {
  const { pod, gateway, cluster, instanceIp, nodeName } = flags;
  return { pod, gateway, cluster, instanceIp, nodeName, build };
}

interface ServedParts {
  readonly engine: Engine;
  readonly applyLoop: ApplyLoop;
  readonly registry: Registry;
  readonly readiness: Readiness;
  readonly describe: () => object;
}

interface Servers {
  readonly admin: HttpServer;
  readonly stats: HttpServer;
  readonly readiness: HttpServer;
}

async function startServers(
  { flags, build, clock, logger, onQuit }: WorkerOptions,
  { engine, applyLoop, registry, readiness, describe }: ServedParts,
): Promise<Servers> {
  const { adminAddress, statsAddress, readinessAddress } = flags;
  const ownNames = new Set([adminAddress.host.toLowerCase()]);
  const admin = await startHttpServer({
    name: 'admin',
    flag: '--admin-addr',
    address: adminAddress,
    logger,
    refuse: ({ headers: { host, origin } }) => refuseForeignPage({ host, origin }, ownNames),
    endpoints: adminEndpoints({
      resources: () => applyLoop.resources,
      facts: { version: build, config: dumpConfig(flags) },
      engine,
      describe,
      logger,
      profiler: createCpuProfiler(clock),
      quit: onQuit,
    }),
  });
  const stats = await startHttpServer({
    name: 'stats',
    flag: '--stats-addr',
    address: statsAddress,
    logger,
    endpoints: statsEndpoints(registry),
  });
  const readinessServer = await startHttpServer({
    name: 'readiness',
    flag: '--readiness-addr',
    address: readinessAddress,
    logger,
    endpoints: readinessEndpoints(readiness),
  });
  return { admin, stats, readiness: readinessServer };
}

function openLastGood(
  { flags, clock, random, logger }: WorkerOptions,
  metrics: XdsMetrics,
): LastGoodFile | undefined {
  if (flags.dataDir === undefined) {
    logger.info('no --data-dir: a restart without control plane starts empty');
    return undefined;
  }
  return new LastGoodFile({
    dataDir: flags.dataDir,
    gateway: formatNamespacedName(flags.gateway),
    clock,
    random,
    logger,
    onFailure: () => metrics.lastGoodFailures.inc(),
  });
}

function streamHeaders({ tokenFile, cluster }: WorkerFlags): ReadonlyMap<string, string> {
  const headers = new Map([['clusterid', cluster]]);
  if (tokenFile !== undefined) headers.set('authorization', `Bearer ${readToken(tokenFile)}`);
  return headers;
}

/** What a backend must never point at. */
function ownAddresses(flags: WorkerFlags): HostPort[] {
  const { adminAddress, statsAddress, readinessAddress, xdsAddress } = flags;
  const controlPlane = parseHostPort(xdsAddress);
  const own = [adminAddress, statsAddress, readinessAddress];
  return controlPlane === undefined ? own : [...own, controlPlane];
}

/** The `config` of a dump, in the reference's keys where it has them. */
function dumpConfig(flags: WorkerFlags): object {
  return {
    xds: {
      address: `http://${flags.xdsAddress}`,
      auth: flags.tokenFile === undefined ? null : '<redacted>',
      namespace: flags.gateway.namespace,
      gateway: flags.gateway.name,
    },
    adminAddr: formatHostPort(flags.adminAddress),
    statsAddr: formatHostPort(flags.statsAddress),
    readinessAddr: formatHostPort(flags.readinessAddress),
    cluster: flags.cluster,
    dataDir: flags.dataDir ?? null,
    portOffset: flags.portOffset,
  };
}
