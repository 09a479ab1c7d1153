// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';

/** The fixed ports of `heartline up`; `--port-offset` moves them all. */
const UP_PORTS = [8080, 8090, 9978, 9979, 15000, 15020, 15021, 18000] as const;

/** Highest offset that keeps every moved port below Linux's ephemeral range (32768). */
const MAX_OFFSET = 14_000;

/** An offset at which every port of `heartline up` is free on loopback right now. */
export async function findPortOffset(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const offset = 200 + Math.floor(Math.random() * (MAX_OFFSET - 200));
    const free = await Promise.all(UP_PORTS.map((port) => isFree(port + offset)));
    if (free.every(Boolean)) return offset;
  }
  throw new Error('no port offset found at which all ports of `heartline up` are free');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
