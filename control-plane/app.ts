// SPDX-License-Identifier: Apache-2.0
import { randomBytes, randomUUID } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { toHeartlineError } from '../shared/errors/heartline-error.js';
import { packageRoot } from '../shared/process/package-root.js';
import { packageVersion } from '../shared/process/package-version.js';
import { StopList } from '../shared/process/stop-list.js';
import { loadPackageDefinition } from '../shared/proto/package-definition.js';
import { loadWire } from '../shared/proto/wire.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { Clock } from '../shared/time/clock.js';
import { systemClock } from '../shared/time/system-clock.js';
import { createAuthenticator } from './auth/authenticate.js';
import { tokensOf } from './auth/installation-tokens.js';
import { readOrCreateToken } from './auth/token-files.js';
import { createMemoryBus } from './bus/memory-bus.js';
import { compileGateway } from './compile/compile-gateway.js';
import { createRouteMemo } from './compile/route-memo.js';
import { objectStatuses } from './compile/status.js';
import { createControlPlaneMetrics } from './fleet/control-plane-metrics.js';
import { createFleetService } from './fleet/fleet-service.js';
import { createFleetRegistry } from './fleet/registry.js';
import { createRejectionLedger } from './fleet/rejection-ledger.js';
import { startFleetObjects } from './fleet-objects/start-fleet-objects.js';
import { followStoredObjects } from './kube-api/resources/stored-objects.js';
import { storedResources } from './kube-api/resources/stored-resources.js';
import { startApiServer } from './kube-api/server.js';
import { createListenerJoiner } from './live/joined-listeners.js';
import { createLivePart } from './live/live-part.js';
import { createDigest } from './live/secret-digest.js';
import { openServerCertificate } from './pki/server-certificate.js';
import { serverNames } from './pki/server-names.js';
import { createAdmission } from './policy/admission.js';
import { KINDS } from './policy/kinds.js';
import { loadCrds } from './policy/load-crds.js';
import { createTunnelBroker } from './port-forward/tunnel-broker.js';
import { createPortForward } from './port-forward/upgrade.js';
import { createReconciler } from './reconcile/reconciler.js';
import { createStatusWriter } from './reconcile/status-writer.js';
import { createObjectDoor } from './source/embedded-objects.js';
import { loadClusterAccess } from './source/kubernetes/load-access.js';
import { type KubernetesOptions, openClusterSource } from './source/kubernetes/open-source.js';
import {
  createManifestSource,
  type ManifestSourceOptions,
} from './source/manifests/manifest-source.js';
import type { SourceName } from './source/object-door.js';
import { startNamespaces } from './source/start-namespaces.js';
import { acquireDataDirLock } from './store/data-dir-lock.js';
import { makeDataDir, openStore } from './store/open-store.js';
import { createDiscoveryService } from './xds/discovery-service.js';
import { startRpcServer } from './xds/server.js';
import { createWorkerSets } from './xds/worker-sets.js';

export interface ListenAddress {
  /** An IP address or `localhost`. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

const MAX_CONNECTION_AGE_MS = 1_800_000;

export interface ControlPlaneOptions {
  /** Where log, state and tokens live; made, for its owner only, when missing. */
  readonly dataDir: string;
  readonly xdsAddress: ListenAddress;
  readonly apiAddress: ListenAddress;
  /** The cluster whose gateways are compiled, and whose workers the worker token is for. */
  readonly cluster: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  /**
   * Age at which workers are asked to connect anew, milliseconds; 0 = never. Default 30 minutes, as istiod's: it spreads
   * workers over replicas, and costs each of them two empty responses.
   */
  readonly maxConnectionAgeMs?: number;
  /** A real cluster owns all objects; absent = they come through our own doors. */
  readonly kubernetes?: KubernetesOptions;
  /** A folder of manifests that owns what is in it, beside the API; absent = none. Not together with `kubernetes`. */
  readonly manifests?: ManifestsOptions;
  /** `memory` forgets everything with the process; default `lmdb`, below the data directory. */
  readonly storeKind?: 'lmdb' | 'memory';
}

export type ManifestsOptions = Pick<ManifestSourceOptions, 'dir' | 'settleMs' | 'pollMs'>;

export interface RunningControlPlane {
  /** The addresses really bound. */
  readonly xdsAddress: ListenAddress;
  readonly apiAddress: ListenAddress;
  /** Ends streams and requests in good order; everything acknowledged is on disk already. */
  stop(): Promise<void>;
}

/**
 * Builds one control plane in visible order: state is read before anything listens, and what was started
 * is stopped in reverse order, also when a later part fails to start.
 */
export async function startControlPlane(
  options: ControlPlaneOptions,
): Promise<RunningControlPlane> {
  const started = new StopList();
  try {
    return await start(options, started);
  } catch (thrown) {
    await started.stopAll();
    throw toHeartlineError(thrown);
  }
}

async function start(
  options: ControlPlaneOptions,
  started: StopList,
): Promise<RunningControlPlane> {
  const { cluster, dataDir, logger, clock = systemClock() } = options;
  const { maxConnectionAgeMs = MAX_CONNECTION_AGE_MS } = options;
  const version = packageVersion();
  const instance = `heartline/${version}@${hostname()}`;
  const newSessionId = (): string => randomBytes(6).toString('hex');

  makeDataDir(dataDir);
  started.add(acquireDataDirLock(dataDir));
  const store = await openStore(options, randomUUID);
  started.add(() => store.close());
  const authenticate = createAuthenticator(tokensOf(dataDir, cluster));
  const bus = createMemoryBus({ source: 'control-plane', clock, logger });
  const wire = loadWire();
  const deploy = join(packageRoot(import.meta.url), 'deploy');
  const crds = loadCrds(join(deploy, 'crds'), join(deploy, 'built-in-kinds'));
  const admission = createAdmission(crds);
  const access = options.kubernetes && (await loadClusterAccess(options.kubernetes));
  const door = createObjectDoor({
    ...{ store, admission, clock, randomUuid: randomUUID },
    runningSources: sourcesOf(options),
    ...(access && { kindOwner: () => ({ source: 'kubernetes', detail: access.name }) }),
  });

  if (access === undefined) await startNamespaces({ store, door, clock, randomUuid: randomUUID });

  const live = createLivePart({
    ...{ store, clock, logger, cluster },
    encode: wire.address.encode,
    joiner: createListenerJoiner({
      decode: wire.resource.decode,
      encode: wire.resource.encode,
      digest: createDigest(readOrCreateToken(join(dataDir, 'digest.key'))),
    }),
  });
  started.add(() => live.stop());
  const routeMemo = createRouteMemo();
  const reconciler = createReconciler({
    ...{ store, bus, clock, logger, cluster },
    compile: (input) => compileGateway(input, routeMemo),
    encode: wire.resource.encode,
    useServices: (gateway, services) => live.use(gateway, services),
  });
  started.add(() => reconciler.stop());
  const ledger = createRejectionLedger({ store, bus, clock, logger, source: reconciler });
  started.add(() => ledger.stop());
  const registry = createFleetRegistry({ bus, clock, source: reconciler, ledger });
  started.add(registry.stop);
  const metrics = createControlPlaneMetrics({
    ...{ bus, ledger },
    fleet: registry,
    lastSeq: store.lastSeq,
  });
  started.add(metrics.stop);
  const statusWriter = createStatusWriter({
    ...{ store, bus, clock, logger, cluster, reconciler },
    fleetFacts: registry.gatewayFacts,
    statuses: objectStatuses,
  });
  started.add(() => statusWriter.stop());
  const source =
    access &&
    openClusterSource(options.kubernetes, {
      ...{ access, store, admission, clock, logger, cluster, version },
      ...{ registry: metrics.registry, host: hostname(), randomUuid: randomUUID },
      random: Math.random,
    });
  if (source) started.add(() => source.stop());
  const folder =
    options.manifests &&
    createManifestSource({
      ...{ door, store, admission, clock, logger, registry: metrics.registry },
      ...options.manifests,
    });
  if (folder) started.add(() => folder.stop());
  let isUp = false;
  const storedObjects = await followStoredObjects({ store, clock, kinds: KINDS });
  started.add(storedObjects.stop);
  const fleetObjects = startFleetObjects({
    ...{ bus, clock, registry, reconciler, cluster },
    crds: loadCrds(join(deploy, 'virtual-kinds')),
    told: storedObjects.views,
  });
  started.add(fleetObjects.stop);
  const { host } = options.apiAddress;
  const names = serverNames({ host, hostname: hostname(), addresses: ownAddresses() });
  const certificate = await openServerCertificate({ dataDir, names, clock, logger });
  started.add(() => certificate.stop());
  const tunnels = createTunnelBroker();
  const allowedHosts = ['localhost', hostname()];
  const forward = createPortForward({
    ...{ authenticate, allowedHosts, tunnels, store, bus, clock, logger },
    fleet: registry.views,
  });
  const api = await startApiServer({
    ...{ door, authenticate, logger, clock, version, random: Math.random },
    resources: [...storedResources(crds, storedObjects.views), ...fleetObjects.resources],
    address: options.apiAddress,
    tls: { credentials: certificate, clock },
    ...{ allowedHosts, upgrade: forward.upgrade },
    metrics: metrics.registry,
    ...(folder && { manifests: () => folder.status() }),
    pending: () => [...(isUp ? [] : ['state']), ...(source?.pending() ?? [])],
  });
  started.add(() => api.close());
  started.add(forward.stop);
  source?.start();
  // Half a copy must never be compiled: with none from before, workers wait for the cluster.
  await source?.firstCopy();
  await folder?.start();
  live.start();
  await reconciler.start();
  fleetObjects.noteReleases();
  ledger.start();
  statusWriter.start();
  source?.startStatuses();

  const shared = { bus, wire, authenticate, logger, instance, newSessionId };
  const services = [
    createDiscoveryService({
      ...{ ...shared, clock, ledger, random: Math.random },
      sets: createWorkerSets(reconciler, live),
      admission: { maxAgeMs: maxConnectionAgeMs },
    }),
    createFleetService({ ...shared, clock, registry, tunnels }),
  ];
  const rpc = await startRpcServer({
    ...{ services, authenticate, clock },
    address: options.xdsAddress,
    packageDefinition: loadPackageDefinition(),
    maxConnectionAgeMs,
  });
  started.add(() => rpc.stop());
  isUp = true;
  logger.info({ xds: rpc.address, api: api.address, dataDir, version }, 'control plane is up');
  return {
    xdsAddress: rpc.address,
    apiAddress: api.address,
    stop: () => started.stopAll(),
  };
}

/** Whose objects are theirs alone; what another source once owned is anybody's. */
function sourcesOf({ kubernetes, manifests }: ControlPlaneOptions): ReadonlySet<SourceName> {
  const sources: SourceName[] = ['embedded'];
  if (kubernetes !== undefined) sources.push('kubernetes');
  if (manifests !== undefined) sources.push('manifests');
  return new Set(sources);
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) =>
    all.map(({ address }) => address),
  );
}
