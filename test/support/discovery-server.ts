// SPDX-License-Identifier: Apache-2.0
import { type Authenticator, createAuthenticator } from '../../control-plane/auth/authenticate.js';
import { createMemoryBus } from '../../control-plane/bus/memory-bus.js';
import { createRejectionLedger } from '../../control-plane/fleet/rejection-ledger.js';
import { createMemoryStore } from '../../control-plane/store/memory-store.js';
import { createDiscoveryService } from '../../control-plane/xds/discovery-service.js';
import { startRpcServer } from '../../control-plane/xds/server.js';
import { createWorkerSets, type WorkerSets } from '../../control-plane/xds/worker-sets.js';
import type { HeartlineEvent } from '../../shared/events/event.js';
import { loadPackageDefinition } from '../../shared/proto/package-definition.js';
import { loadWire } from '../../shared/proto/wire.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { systemClock } from '../../shared/time/system-clock.js';
import { DeltaClient } from './delta-client.js';
import type { DiscoveryClientOptions } from './discovery-client.js';
import { handMadeSource } from './hand-made-source.js';
import { SotwClient } from './sotw-client.js';

const wire = loadWire();
const packageDefinition = loadPackageDefinition();
const clock = systemClock();
const logger = createLogger({ name: 'test', level: 'silent' });
/** A token for every gateway. */
export const WORKER_TOKEN = 'worker-token-0123456789';
/** A token for gateway httpbin/gw alone. */
export const BOUND_TOKEN = 'bound-token-01234567890';
export const API_TOKEN = 'api-token-012345678901';
export interface DiscoveryServerOptions {
  readonly keepalive?: { readonly timeMs: number; readonly timeoutMs: number };
  /** Served instead of what the test publishes through `source`. */
  readonly sets?: WorkerSets;
  /** Default: the three tokens above. */
  readonly authenticate?: Authenticator;
}

/** A real discovery server on a free port that serves what the test publishes. */
export async function startDiscoveryServer(options: DiscoveryServerOptions = {}) {
  const bus = createMemoryBus({ source: 'test', clock, logger });
  const events: HeartlineEvent[] = [];
  bus.subscribe((event) => events.push(event));
  const source = handMadeSource();
  const { authenticate = testAuthenticator(), sets = createWorkerSets(source) } = options;
  const store = createMemoryStore('test');
  const ledger = createRejectionLedger({ store, bus, clock, logger, source });
  let sessions = 0;
  const discovery = createDiscoveryService({
    ...{ sets, bus, wire, authenticate, logger, clock, ledger },
    instance: 'control-plane-under-test',
    random: Math.random,
    newSessionId: () => {
      sessions += 1;
      return `s${sessions}`;
    },
  });
  const address = { host: '127.0.0.1', port: 0 };
  const services = [discovery];
  const server = await startRpcServer({
    ...{ address, services, authenticate, packageDefinition, clock },
    ...(options.keepalive === undefined ? {} : { keepalive: options.keepalive }),
  });
  const clients: { close(): void }[] = [];
  const target = `127.0.0.1:${server.address.port}`;
  return {
    ...{ source, events, server, target, bus },
    connect(options: Partial<DiscoveryClientOptions> = {}): DeltaClient {
      const client = new DeltaClient({ wire, target, token: WORKER_TOKEN, ...options });
      clients.push(client);
      return client;
    },
    connectSotw(options: Partial<DiscoveryClientOptions> = {}): SotwClient {
      const client = new SotwClient({ wire, target, token: WORKER_TOKEN, ...options });
      clients.push(client);
      return client;
    },
    /** Closes the clients so far and keeps nothing of them. */
    forgetClients(): void {
      for (const client of clients.splice(0)) client.close();
    },
    types: () => events.map((event) => event.type),
    async stop() {
      for (const client of clients) client.close();
      await server.stop();
      await ledger.stop();
    },
  };
}

export type DiscoveryServer = Awaited<ReturnType<typeof startDiscoveryServer>>;

function testAuthenticator(): Authenticator {
  return createAuthenticator([
    {
      token: WORKER_TOKEN,
      identity: { name: 'worker', audience: 'worker', cluster: 'local', gateways: 'all' },
    },
    {
      token: BOUND_TOKEN,
      identity: {
        name: 'bound',
        audience: 'worker',
        cluster: 'local',
        gateways: [{ namespace: 'httpbin', name: 'gw' }],
      },
    },
    { token: API_TOKEN, identity: { name: 'admin', audience: 'api', gateways: 'all' } },
  ]);
}
