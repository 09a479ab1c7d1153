// SPDX-License-Identifier: Apache-2.0
import { Registry } from 'prom-client';
import { createEngine } from '../../../dataplane/engine/create-engine.js';
import { createLogger } from '../../../shared/telemetry/logger.js';
import { systemClock } from '../../../shared/time/system-clock.js';
import { nowMs } from '../machine-clock.js';
import type { Call, ClosedNotice, Reply } from './lab-messages.js';

/** A worker's engine that its parent drives; it ends with its parent. */
const EVERY_CONNECTION = { afterId: 0, limit: 1_000_000 } as const;

const registry = new Registry();
const engine = createEngine({
  clock: systemClock(),
  random: Math.random,
  logger: createLogger({ name: 'lab', level: 'error' }),
  registry,
  listenAddresses: [],
  portOffset: 0,
  allowLocalBackends: false,
  forbiddenBackendPorts: [],
});

async function answer(call: Call): Promise<unknown> {
  switch (call.name) {
    case 'apply':
      return engine.apply(call.plan);
    case 'summary':
      return engine.summary();
    case 'connections':
      return (await engine.query(EVERY_CONNECTION)).connections;
    case 'metrics':
      return registry.getMetricsAsJSON();
    case 'block': {
      const untilMs = performance.now() + call.forMs;
      while (performance.now() < untilMs);
      return undefined;
    }
  }
}

/** By id: what is missing the next time was closed in between. */
let open = new Map<number, Omit<ClosedNotice, 'atMs'>>();
let changedMs = 0;
let isLooking = false;

async function look(): Promise<void> {
  isLooking = true;
  for (let seenMs = 0; seenMs !== changedMs; ) {
    seenMs = changedMs;
    const { connections } = await engine.query(EVERY_CONNECTION);
    const now = new Map(connections.map((connection) => [connection.id, connection]));
    for (const [id, { peer, local, side, bindKey }] of open) {
      const closed: ClosedNotice = { peer, local, side, bindKey, atMs: seenMs };
      if (!now.has(id)) process.send?.({ closed });
    }
    open = now;
  }
  isLooking = false;
}

engine.onChange(() => {
  changedMs = nowMs();
  if (!isLooking) void look();
});

process.on('message', (call: Call) => {
  void answer(call).then((value) => {
    const reply: Reply = { id: call.id, value };
    process.send?.(reply);
  });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
