// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { createEngine } from '../../dataplane/engine/create-engine.js';
import { readOpenFileLimit } from '../../dataplane/listeners/descriptor-budget.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { systemClock } from '../../shared/time/system-clock.js';
import { plan, portOf } from './engine-lab.js';

/**
 * An engine with one TCP bind, for a process with few descriptors. Argument: port of the backend. Prints port of the bind, port of
 * an admin server that answers with the metrics, and its limit of open files; ends when stdin does.
 */
async function main(backendPort: number): Promise<void> {
  const registry = new Registry();
  const engine = createEngine({
    clock: systemClock(),
    random: Math.random,
    logger: createLogger({ name: 'limited', level: 'silent' }),
    registry,
    listenAddresses: ['127.0.0.1'],
    portOffset: 0,
    allowLocalBackends: true,
    forbiddenBackendPorts: [],
  });
  await engine.apply(plan('1', { protocol: 'tcp', backendPort }));
  const admin = createServer((_request, response) => {
    void registry.metrics().then((text) => response.end(text));
  });
  admin.listen(0, '127.0.0.1', () => {
    const { port } = admin.address() as AddressInfo;
    console.log(JSON.stringify([portOf(engine), port, readOpenFileLimit()]));
  });
  process.stdin.once('end', () => process.exit(0)).resume();
}

await main(Number(process.argv[2]));
