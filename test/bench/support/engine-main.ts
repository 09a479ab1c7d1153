// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline';
import { Registry } from 'prom-client';
import { createEngine } from '../../../dataplane/engine/create-engine.js';
import type {
  BackendTarget,
  ListenerPlan,
  Plan,
  TcpKeepalive,
} from '../../../dataplane/engine/plan.js';
import { DEFAULT_HTTP } from '../../../dataplane/state/http-values.js';
import { createLogger } from '../../../shared/telemetry/logger.js';
import { systemClock } from '../../../shared/time/system-clock.js';

/**
 * A worker's engine with one listener: `engine-main PROTOCOL [ORIGIN_PORT]`, PROTOCOL http or tcp; without an origin there is no
 * route. Prints its port. Lines in: `open` prints the number of open connections; `go` applies a plan with other keepalive
 * values, and prints the report as JSON; `gc` collects garbage (with --expose-gc) and prints `done`.
 */
// Idle times that no benchmark reaches: sockets idle for longer would be paced and settle, which is no sweep.
const VALUES: readonly TcpKeepalive[] = [
  { enabled: true, idleSeconds: 3000, intervalSeconds: 5, probes: 3 },
  { enabled: true, idleSeconds: 4500, intervalSeconds: 7, probes: 4 },
];

interface Shape {
  readonly protocol: 'http' | 'tcp';
  readonly originPort: number | undefined;
}

function plan(turn: number, { protocol, originPort }: Shape): Plan {
  const tcp = VALUES[turn % VALUES.length] as TcpKeepalive;
  const key = '0/bench/bench';
  const listeners = originPort === undefined ? [] : [listenerTo(protocol, originPort)];
  return {
    version: `${turn}-bench`,
    binds: [{ key, port: 0, protocol, listeners, tcp, http: DEFAULT_HTTP, policyKeys: [] }],
    upstreamTcp: { enabled: true, idleSeconds: 180, intervalSeconds: 180, probes: 9 },
  };
}

function listenerTo(protocol: Shape['protocol'], originPort: number): ListenerPlan {
  const backends: BackendTarget[] = [
    { key: 'bench/origin', host: '127.0.0.1', port: originPort, weight: 1 },
  ];
  const pathMatch = { type: 'prefix', value: '/' } as const;
  return {
    key: 'bench/bench.listener',
    name: 'listener',
    hostname: '',
    routes: protocol === 'http' ? [{ key: 'bench/route', hostnames: [], pathMatch, backends }] : [],
    tcpRoutes: protocol === 'tcp' ? [{ key: 'bench/route', backends }] : [],
  };
}

async function main(shape: Shape): Promise<void> {
  const engine = createEngine({
    clock: systemClock(),
    random: Math.random,
    logger: createLogger({ name: 'bench', level: 'warn' }),
    registry: new Registry(),
    listenAddresses: ['127.0.0.1'],
    portOffset: 0,
    allowLocalBackends: true,
    forbiddenBackendPorts: [],
  });
  let turn = 0;
  await engine.apply(plan(turn, shape));
  const address = engine.summary().listeners[0]?.addresses[0] ?? '';
  console.log(address.slice(address.lastIndexOf(':') + 1));
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'open') {
      console.log(engine.summary().open);
    } else if (line === 'gc') {
      globalThis.gc?.();
      console.log('done');
    } else {
      turn += 1;
      const report = await engine.apply(plan(turn, shape));
      const { open, inForceConnections } = engine.summary();
      console.log(JSON.stringify({ verifiedMs: report.verifiedMs, open, inForceConnections }));
    }
  }
  process.exit(0);
}

const [, , protocol, originPort] = process.argv;
await main({
  protocol: protocol === 'tcp' ? 'tcp' : 'http',
  originPort: originPort === undefined ? undefined : Number(originPort),
});
