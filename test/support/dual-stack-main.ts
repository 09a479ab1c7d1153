// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Registry } from 'prom-client';
import { createEngine } from '../../dataplane/engine/create-engine.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { systemClock } from '../../shared/time/system-clock.js';
import { bindPlan, UPSTREAM } from './engine-lab.js';

/** Serves a TCP port on every address, connects to it over IPv4, and prints what the engine says of it. */
const backend = createServer((socket) => socket.end('hello'));
backend.listen(0, '127.0.0.1');
await once(backend, 'listening');
const { port } = backend.address() as AddressInfo;
const engine = createEngine({
  clock: systemClock(),
  random: Math.random,
  logger: createLogger({ name: 'dual-stack', level: 'error' }),
  registry: new Registry(),
  listenAddresses: [],
  portOffset: 0,
  allowLocalBackends: true,
  forbiddenBackendPorts: [],
});
const bind = bindPlan({ protocol: 'tcp', backendPort: port });
const { warnings } = await engine.apply({ version: '1', binds: [bind], upstreamTcp: UPSTREAM });
const [listener] = engine.summary().listeners;
const [address = ''] = listener?.addresses ?? [];
const client = connect(Number(address.slice(address.lastIndexOf(':') + 1)), '127.0.0.1');
const [answer] = await once(client, 'data');
const { connections } = await engine.query({ afterId: 0, limit: 9, side: 'downstream' });
const peers = connections.map(({ peer }) => peer.slice(0, peer.lastIndexOf(':')));
process.stdout.write(JSON.stringify({ warnings, answer: String(answer), peers }));
client.destroy();
backend.close();
await engine.drain(0);
