// SPDX-License-Identifier: Apache-2.0
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthenticator } from '../../../control-plane/auth/authenticate.js';
import { createMemoryBus } from '../../../control-plane/bus/memory-bus.js';
import { compileGateway } from '../../../control-plane/compile/compile-gateway.js';
import { createRouteMemo } from '../../../control-plane/compile/route-memo.js';
import { createFleetRegistry } from '../../../control-plane/fleet/registry.js';
import { createRejectionLedger } from '../../../control-plane/fleet/rejection-ledger.js';
import { createReconciler } from '../../../control-plane/reconcile/reconciler.js';
import { createObjectDoor } from '../../../control-plane/source/embedded-objects.js';
import type { ObjectDoor } from '../../../control-plane/source/object-door.js';
import { openLmdbStore } from '../../../control-plane/store/lmdb-store.js';
import { createDiscoveryService } from '../../../control-plane/xds/discovery-service.js';
import { startRpcServer } from '../../../control-plane/xds/server.js';
import { createWorkerSets } from '../../../control-plane/xds/worker-sets.js';
import { RESOURCE_TYPE_URL } from '../../../shared/names/type-urls.js';
import { loadPackageDefinition } from '../../../shared/proto/package-definition.js';
import { loadWire } from '../../../shared/proto/wire.js';
import { createLogger } from '../../../shared/telemetry/logger.js';
import { systemClock } from '../../../shared/time/system-clock.js';
import { crdAdmission } from '../../support/crd-admission.js';
import { backend, gateway, type NamedObject, policy, route } from '../compile/world.js';
import { serveLines } from './lines.js';

/**
 * Our side of the fan-out: everything between the door and the workers' streams, with the durable store, in
 * one process. Arguments: resources in the gateway's snapshot. Prints its port.
 */
const TOKEN = 'bench';
const PLACE = { namespace: 'bench', name: 'fleet' };

async function main(resources: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'heartline-fanout-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const clock = systemClock();
  const logger = createLogger({ name: 'fanout', level: 'error' });
  const store = await openLmdbStore({ dir, newStoreId: randomUUID });
  const bus = createMemoryBus({ source: 'bench', clock, logger });
  const wire = loadWire();
  const door = createObjectDoor({
    store,
    admission: crdAdmission(),
    clock,
    randomUuid: randomUUID,
  });
  const memo = createRouteMemo();
  const reconciler = createReconciler({
    ...{ store, bus, clock, logger, cluster: 'local' },
    compile: (input) => compileGateway(input, memo),
    encode: wire.resource.encode,
  });
  const ledger = createRejectionLedger({ store, bus, clock, logger, source: reconciler });
  createFleetRegistry({ bus, clock, source: reconciler, ledger });
  await fill(door, resources);
  await reconciler.start();
  const identity = {
    name: 'worker',
    audience: 'worker',
    cluster: 'local',
    gateways: 'all',
  } as const;
  const authenticate = createAuthenticator([{ token: TOKEN, identity }]);
  const discovery = createDiscoveryService({
    ...{ sets: createWorkerSets(reconciler), bus, wire, authenticate, logger },
    ...{ clock, ledger, instance: 'bench' },
    random: Math.random,
    newSessionId: () => randomBytes(6).toString('hex'),
  });
  const rpc = await startRpcServer({
    ...{ services: [discovery], authenticate, clock },
    address: { host: '127.0.0.1', port: 0 },
    packageDefinition: loadPackageDefinition(),
  });
  let accepted = 0;
  let onAccepted: () => void = () => {};
  bus.subscribe((event) => {
    if (event.type !== 'accepted' || event.typeUrl !== RESOURCE_TYPE_URL) return;
    accepted += 1;
    onAccepted();
  });
  const untilAccepted = (count: number): Promise<void> =>
    new Promise((resolve) => {
      onAccepted = () => {
        if (accepted >= count) resolve();
      };
      onAccepted();
    });
  let seconds = 30;
  console.log(rpc.address.port);
  serveLines({
    connected: untilAccepted,
    async push(workers) {
      accepted = 0;
      seconds = seconds === 30 ? 31 : 30;
      await put(door, [policy(PLACE.namespace, PLACE.name, seconds)], 'replace');
      await untilAccepted(workers);
    },
  });
}

async function fill(door: ObjectDoor, resources: number): Promise<void> {
  await put(door, [
    gateway(PLACE.namespace, PLACE.name),
    backend(PLACE.namespace),
    policy(PLACE.namespace, PLACE.name, 30),
  ]);
  for (let from = 0; from < resources; from += 200) {
    const count = Math.min(200, resources - from);
    const numbers = Array.from({ length: count }, (_, at) => from + at);
    await put(
      door,
      numbers.map((n) => route(PLACE.namespace, PLACE.name, n)),
    );
  }
}

async function put(
  door: ObjectDoor,
  objects: readonly NamedObject[],
  verb: 'create' | 'replace' = 'create',
): Promise<void> {
  await door.applyObjects({
    caller: { actor: 'bench', reason: 'fanout' },
    changes: objects.map(({ ref, object }) => {
      const { creationTimestamp: _made, generation: _counted, ...metadata } = object.metadata;
      return { verb, ...ref, object: { ...object, metadata } };
    }),
    dryRun: false,
    fieldValidation: 'Strict',
  });
}

await main(Number(process.argv[2]));
