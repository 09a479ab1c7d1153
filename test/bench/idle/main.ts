// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNodeProcess } from '../support/line-process.js';
import { startHaproxy, startNginx } from '../support/native-proxy.js';
import { pssKib } from '../support/process-cost.js';

/**
 * Memory of an idle connection after one exchange: growth of the proxy's proportional set size (Pss), garbage collected before and
 * after, divided by the connections. Upstream connections that a kind keeps open are part of it (TCP, websockets).
 */
const CONNECTIONS = 4000;
const NATIVE_CONNECTIONS = 2000;
const SETTLE_MS = 1500;
const REACH_KIB = { tcp: 11, http1: 14, websocket: 18, h2c: 26 } as const;

type Kind = keyof typeof REACH_KIB;

const support = (file: string): URL => new URL(`../support/${file}`, import.meta.url);
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

async function openClients(kind: Kind, port: number, count: number): Promise<() => Promise<void>> {
  const clients = startNodeProcess(support('held-clients-main.js'), [
    kind,
    String(port),
    String(count),
  ]);
  await clients.read();
  return () => clients.end();
}

async function measureHeartline(kind: Kind, originPort: string): Promise<number> {
  const protocol = kind === 'tcp' ? 'tcp' : 'http';
  const engine = startNodeProcess(
    support('engine-main.js'),
    [protocol, originPort],
    ['--expose-gc'],
  );
  const port = Number(await engine.read());
  const pids = [engine.child.pid ?? 0];
  const measure = async (): Promise<number> => {
    await settle();
    engine.write('gc');
    await engine.read();
    return pssKib(pids);
  };
  // The first connections pay for code and tables that all later ones share.
  const closeFirst = await openClients(kind, port, 100);
  const before = await measure();
  const close = await openClients(kind, port, CONNECTIONS);
  const after = await measure();
  await close();
  await closeFirst();
  await engine.end();
  return (after - before) / CONNECTIONS;
}

async function measureNative(name: string, originPort: number): Promise<number | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'heartline-bench-'));
  const start = name === 'nginx' ? startNginx : startHaproxy;
  const proxy = await start({ directory, originPort, mode: 'http' });
  try {
    if (proxy === undefined) return undefined;
    const closeFirst = await openClients('websocket', proxy.port, 100);
    await settle();
    const before = pssKib(proxy.pids());
    const close = await openClients('websocket', proxy.port, NATIVE_CONNECTIONS);
    await settle();
    const after = pssKib(proxy.pids());
    await close();
    await closeFirst();
    return (after - before) / NATIVE_CONNECTIONS;
  } finally {
    await proxy?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const origin = startNodeProcess(support('origin-main.js'), []);
  const originPort = await origin.read();
  console.log(`KiB of Pss a connection, ${CONNECTIONS} idle connections of each kind`);
  for (const [kind, reach] of Object.entries(REACH_KIB)) {
    const kib = await measureHeartline(kind as Kind, originPort);
    console.log(`  heartline ${kind.padEnd(10)} ${kib.toFixed(1)} (to reach: at most ${reach})`);
  }
  for (const name of ['nginx', 'haproxy']) {
    const kib = await measureNative(name, Number(originPort));
    const text = kib === undefined ? 'not installed, left out' : kib.toFixed(1);
    console.log(`  ${name.padEnd(9)} websocket  ${text}`);
  }
  await origin.end();
}

await main();
