// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createAuthenticator } from '../../control-plane/auth/authenticate.js';
import { createMemoryBus } from '../../control-plane/bus/memory-bus.js';
import { createFleetRegistry } from '../../control-plane/fleet/registry.js';
import { createRejectionLedger } from '../../control-plane/fleet/rejection-ledger.js';
import { createMemoryStore } from '../../control-plane/store/memory-store.js';
import type { Store } from '../../control-plane/store/store.js';
import type { AdmissionLimits } from '../../control-plane/xds/admission.js';
import { createDiscoveryService } from '../../control-plane/xds/discovery-service.js';
import { startRpcServer } from '../../control-plane/xds/server.js';
import { createWorkerSets } from '../../control-plane/xds/worker-sets.js';
import type { EventType, HeartlineEvent } from '../../shared/events/event.js';
import { loadPackageDefinition } from '../../shared/proto/package-definition.js';
import { loadWire } from '../../shared/proto/wire.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { type ManualClock, manualClock } from '../../shared/time/manual-clock.js';
import { systemClock } from '../../shared/time/system-clock.js';
import { DeltaClient } from './delta-client.js';
import type { DiscoveryClientOptions } from './discovery-client.js';
import { eventually } from './eventually.js';
import { type HandMadeSource, handMadeSource } from './hand-made-source.js';

const wire = loadWire();
const packageDefinition = loadPackageDefinition();
const TOKEN = 'worker-token-0123456789';

export interface StageOptions {
  /** What an earlier stage stored; default: nothing. */
  readonly store?: Store;
  readonly source?: HandMadeSource;
  readonly clock?: ManualClock;
  readonly admission?: Partial<AdmissionLimits>;
  readonly maxConnectionAgeMs?: number;
}

/** Discovery on a real port, with contents made by hand, the ledger, the registry, and a clock moved by hand. */
export async function openDiscoveryStage(options: StageOptions = {}) {
  const { store = createMemoryStore('test'), source = handMadeSource() } = options;
  const { clock = manualClock(1_700_000_000_000) } = options;
  const logger = createLogger({ name: 'test', level: 'silent' });
  const bus = createMemoryBus({ source: 'test', clock, logger });
  const events: HeartlineEvent[] = [];
  bus.subscribe((event) => events.push(event));
  const identity = {
    name: 'worker',
    audience: 'worker',
    cluster: 'local',
    gateways: 'all',
  } as const;
  const authenticate = createAuthenticator([{ token: TOKEN, identity }]);
  const ledger = createRejectionLedger({ store, bus, clock, logger, source });
  ledger.start();
  const registry = createFleetRegistry({ bus, clock, source, ledger });
  let sessions = 0;
  const discovery = createDiscoveryService({
    ...{ bus, wire, authenticate, logger, ledger, clock },
    sets: createWorkerSets(source),
    instance: 'control-plane-under-test',
    admission: options.admission ?? {},
    random: Math.random,
    newSessionId: () => {
      sessions += 1;
      return `s${sessions}`;
    },
  });
  const server = await startRpcServer({
    ...{ authenticate, packageDefinition, clock: systemClock(), services: [discovery] },
    address: { host: '127.0.0.1', port: 0 },
    maxConnectionAgeMs: options.maxConnectionAgeMs ?? 0,
  });
  const target = `127.0.0.1:${server.address.port}`;
  const clients: DeltaClient[] = [];
  return {
    ...{ bus, clock, events, ledger, registry, source, store, target, token: TOKEN, wire },
    connect(more: Partial<DiscoveryClientOptions> = {}): DeltaClient {
      const client = new DeltaClient({ wire, target, token: TOKEN, ...more });
      clients.push(client);
      return client;
    },
    /** The row of one worker by its node id. */
    row: (nodeId: string) => registry.views().find(({ worker }) => worker.nodeId === nodeId),
    eventsOf: <Type extends EventType>(type: Type) =>
      events.filter((event): event is HeartlineEvent & { type: Type } => event.type === type),
    /** Resolves when every response but `left` has its answer: time may be moved without making anybody else late. */
    answered: (left = 0) =>
      eventually(
        () => {
          const count = (...types: readonly EventType[]) =>
            events.filter(({ type }) => types.includes(type)).length;
          assert.equal(count('accepted', 'rejected') + left, count('sent'));
        },
        { everyMs: 5 },
      ),
    async close() {
      for (const client of clients) client.close();
      await server.stop();
      registry.stop();
      await ledger.stop();
    },
  };
}

export type DiscoveryStage = Awaited<ReturnType<typeof openDiscoveryStage>>;

/** Runs with a stage of its own and closes it. */
export async function onDiscoveryStage(
  options: StageOptions,
  run: (stage: DiscoveryStage) => Promise<void>,
): Promise<void> {
  const stage = await openDiscoveryStage(options);
  try {
    await run(stage);
  } finally {
    await stage.close();
  }
}
