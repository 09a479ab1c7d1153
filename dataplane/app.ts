// SPDX-License-Identifier: Apache-2.0
import { hostname } from 'node:os';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { HeartlineError } from '../shared/errors/heartline-error.js';
import { formatNamespacedName } from '../shared/names/gateway-name.js';
import { formatHostPort, type HostPort, parseHostPort } from '../shared/names/host-port.js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../shared/names/type-urls.js';
import { loadWire, type Wire } from '../shared/proto/wire.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { Clock } from '../shared/time/clock.js';
import { type AdminOptions, adminEndpoints } from './admin/admin.js';
import { createCpuProfiler } from './admin/cpu-profile.js';
import { refuseForeignPage } from './admin/host-check.js';
import { type HttpServer, startHttpServer } from './admin/http-server.js';
import { createReadiness, type Readiness, readinessEndpoints } from './admin/readiness.js';
import { statsEndpoints } from './admin/stats.js';
import type { DrainDisplay } from './drain-progress.js';
import { createEngine } from './engine/create-engine.js';
import type { Engine } from './engine/engine.js';
import type { WorkerFlags } from './flags.js';
import { readSystemKeepalive } from './keepalive/system-keepalive.js';
import { ApplyLoop } from './state/apply-loop.js';
import { emptyPlan } from './state/effective-plan.js';
import { LastGoodFile } from './state/last-good.js';
import { createWorkerTunnels, type OwnServers } from './tunnel/worker-tunnels.js';
import { XdsClient } from './xds/client.js';
import { connectGrpc, type PingOptions } from './xds/connection.js';
import { nodeId, nodeOf, type WorkerIdentity } from './xds/node-identity.js';
import { type ReporterOptions, startReporter, type WorkerPlace } from './xds/reporter.js';
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
  readonly addresses: OwnServers;
  /** Leaves the fleet, lets open connections end for at most `graceMs`, then closes everything. */
  stop(graceMs: number, display?: DrainDisplay): Promise<void>;
}

/** A control plane behind a dead path is noticed within 30 s; TCP keepalive alone, as in the reference proxy, takes 30 min. */
const PING: PingOptions = { everyMs: 15_000, timeoutMs: 10_000 };
/** gRPC servers in Go end connections that PING more often than every 5 min, unless told otherwise. */
const FOREIGN_PING: PingOptions = { everyMs: 310_000, timeoutMs: 10_000 };

/** Builds the worker in the order in which its parts need each other; serves when the promise settles. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { flags, clock, random, logger } = options;
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
    connectionLog: flags.connectionLog,
  });
  const lastGoodFile = openLastGood(options, metrics);
  const wire = loadWire();
  const applyLoop = new ApplyLoop({
    engine,
    wire,
    gateway: flags.gateway,
    systemKeepalive: readSystemKeepalive(),
    logger,
    onInForce: (lastGood) => {
      readiness.done('engine');
      // Nothing sent yet is nothing to start from.
      if (lastGood.label !== '') lastGoodFile?.save(lastGood);
    },
    onEndpoints: (lastGood) => lastGoodFile?.saveLater(lastGood),
    onRejected: (count) => metrics.rejected.inc(count),
  });
  let bound: Servers | undefined;
  // The client starts after the servers, so they are bound whenever it asks.
  const ownServers = (): OwnServers => {
    if (bound === undefined) throw new HeartlineError('INTERNAL', 'the servers are not bound yet');
    return addressesOf(bound);
  };
  const client = createClient(options, {
    ...{ engine, applyLoop, wire, metrics, readiness },
    ownServers,
  });
  const servers = await startServers(options, { engine, applyLoop, registry, readiness, client });
  bound = servers;

  await engine.apply(emptyPlan());
  const lastGood = lastGoodFile?.load();
  if (lastGood !== undefined) {
    logger.info({ version: lastGood.label }, 'starting from the last-good file');
    await applyLoop.restore(lastGood);
    readiness.done('xds');
  }
  client.start();

  return {
    addresses: addressesOf(servers),
    async stop(graceMs, display) {
      readiness.pending('draining');
      client.stop();
      const report = await engine.drain(graceMs, display?.show);
      display?.finish(report);
      await lastGoodFile?.close();
      await Promise.all(Object.values(servers).map((server) => server.close()));
    },
  };
}

interface ClientParts {
  readonly engine: Engine;
  readonly applyLoop: ApplyLoop;
  readonly wire: Wire;
  readonly metrics: XdsMetrics;
  readonly readiness: Readiness;
  readonly ownServers: () => OwnServers;
}

function createClient(options: WorkerOptions, parts: ClientParts): XdsClient {
  const { flags, build, clock, random, logger } = options;
  const { engine, applyLoop, wire, metrics, readiness, ownServers } = parts;
  const identity = identityOf(flags, build);
  const shared = { wire, clock, random, logger, headers: () => streamHeaders(flags) };
  let ping = PING;
  const reporterOptions: ReporterOptions = {
    ...shared,
    identity,
    engine,
    startedAtMs: clock.wallMs(),
    place: () => placeOf(flags, ownServers()),
    openTunnels: (send) => createWorkerTunnels({ servers: ownServers(), send, logger }),
    onForeign: () => {
      ping = FOREIGN_PING;
    },
  };
  return new XdsClient({
    ...shared,
    metrics,
    address: flags.xdsAddress,
    node: nodeOf(identity),
    typeUrls: [ADDRESS_TYPE_URL, RESOURCE_TYPE_URL],
    connect: connectGrpc,
    ping: () => ping,
    held: (typeUrl) => applyLoop.versions(typeUrl),
    handle: (response) => applyLoop.handle(response),
    onSynced: () => readiness.done('xds'),
    onServed: (connection) => startReporter(reporterOptions, connection),
  });
}

interface ServedParts {
  readonly engine: Engine;
  readonly applyLoop: ApplyLoop;
  readonly registry: Registry;
  readonly readiness: Readiness;
  readonly client: XdsClient;
}

interface Servers {
  readonly admin: HttpServer;
  readonly stats: HttpServer;
  readonly readiness: HttpServer;
}

async function startServers(options: WorkerOptions, parts: ServedParts): Promise<Servers> {
  const { flags, logger } = options;
  const { registry, readiness } = parts;
  const ownNames = new Set([flags.adminAddress.host.toLowerCase()]);
  const admin = await startHttpServer({
    name: 'admin',
    flag: '--admin-addr',
    address: flags.adminAddress,
    logger,
    refuse: ({ headers: { host, origin } }) => refuseForeignPage({ host, origin }, ownNames),
    endpoints: adminEndpoints(adminOptions(options, parts)),
  });
  const stats = await startHttpServer({
    name: 'stats',
    flag: '--stats-addr',
    address: flags.statsAddress,
    logger,
    endpoints: statsEndpoints(registry),
  });
  const readinessServer = await startHttpServer({
    name: 'readiness',
    flag: '--readiness-addr',
    address: flags.readinessAddress,
    logger,
    endpoints: readinessEndpoints(readiness),
  });
  return { admin, stats, readiness: readinessServer };
}

function adminOptions(
  { flags, build, clock, logger, onQuit }: WorkerOptions,
  { engine, applyLoop, readiness, client }: ServedParts,
): AdminOptions {
  const worker = identityOf(flags, build);
  return {
    resources: () => applyLoop.resources,
    addresses: () => applyLoop.addresses,
    facts: { version: build, config: dumpConfig(flags) },
    engine,
    describe: () => ({
      worker: { nodeId: nodeId(worker), ...worker },
      xds: client.status(),
      version: applyLoop.version,
      pending: readiness.missing(),
    }),
    logger,
    profiler: createCpuProfiler(clock),
    quit: onQuit,
  };
}

function identityOf(flags: WorkerFlags, build: string): WorkerIdentity {
  const { pod, gateway, cluster, instanceIp, nodeName } = flags;
  return { pod, gateway, cluster, instanceIp, nodeName, build };
}

function addressesOf({ admin, stats, readiness }: Servers): OwnServers {
  return { admin: admin.address, stats: stats.address, readiness: readiness.address };
}

function placeOf({ instanceIp, nodeName }: WorkerFlags, servers: OwnServers): WorkerPlace {
  const { host } = servers.stats;
  return {
    nodeName: nodeName || hostname(),
    podIp: ['0.0.0.0', '::'].includes(host) ? instanceIp : host,
    adminPort: servers.admin.port,
    statsPort: servers.stats.port,
    readinessPort: servers.readiness.port,
  };
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
