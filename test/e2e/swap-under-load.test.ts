// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { formatValues, type KernelSocket } from '../support/kernel-oracle.js';
import { policyClient } from '../support/policies.js';
import { type PopulationProcess, startPopulation } from '../support/population-process.js';
import { type Stack, startStack } from '../support/stack.js';
import { inodesByClient, trafficSockets } from '../support/traffic-sockets.js';

/** Changes that set no age and no idle time: none may close a connection. */
const FRONTENDS: readonly object[] = [
  { tcp: { keepalive: { time: '300s', interval: '75s', retries: 9 } } },
  {
    tcp: { keepalive: { time: '45s', interval: '7s', retries: 4 } },
    http: { http1MaxHeaders: 50 },
  },
  { http: { http2KeepaliveInterval: '3s', http2KeepaliveTimeout: '10s' } },
  { tcp: { keepalive: {} }, http: { http2WindowSize: '256Ki', http2FrameSize: '32Ki' } },
];
const COUNTS = { idle: 1000, streaming: 50, websockets: 50, http2: 50, load: 8 };
const CHANGES = 20;
const BODIES = 10_000;
const QUEUED = 40;

let stack: Stack;
let clients: PopulationProcess | undefined;
const queued: Socket[] = [];

before(async () => {
  stack = await startStack();
});

after(async () => {
  clients?.kill();
  for (const socket of queued) socket.destroy();
  await stack.stop();
});

const workerSockets = (): Promise<readonly KernelSocket[]> =>
  trafficSockets(stack, stack.childPid('dataplane/main'));
const heldInodes = async (): Promise<ReadonlyMap<number, number>> =>
  inodesByClient(await workerSockets(), clients?.clientPorts ?? []);

function assertAll(sockets: readonly KernelSocket[], expected: string): void {
  const different = sockets.filter((socket) => formatValues(socket) !== expected);
  const shown = different.slice(0, 3).map((s) => `${s.remotePort}: ${formatValues(s)}`);
  assert.equal(different.length, 0, `${different.length} of ${sockets.length}: ${shown}`);
}

function systemDefaults(): string {
  const read = (name: string): string =>
    readFileSync(`/proc/sys/net/ipv4/tcp_keepalive_${name}`, 'utf8').trim();
  return `0/${read('time')}/${read('intvl')}/${read('probes')}/0`;
}

/** Connections whose handshake the kernel finished while the worker could not accept them. */
async function connectWhileStopped(change: () => Promise<void>): Promise<void> {
  const worker = stack.childPid('dataplane/main');
  process.kill(worker, 'SIGSTOP');
  try {
    for (let i = 0; i < QUEUED; i += 1) {
      const socket = connect({ host: '127.0.0.1', port: stack.port(8080) });
      await new Promise((resolve, reject) => {
        socket.once('connect', resolve).once('error', reject);
      });
      queued.push(socket);
    }
    await change();
  } finally {
    process.kill(worker, 'SIGCONT');
  }
}

test('policies change 20 times under load: nothing closes, nothing fails, the kernel holds the last values', {
  timeout: 240_000,
}, async () => {
  clients = await startPopulation({
    host: '127.0.0.1',
    port: stack.port(8080),
    counts: COUNTS,
  });
  const before = await heldInodes();
  assert.equal(before.size, COUNTS.idle + COUNTS.streaming + COUNTS.websockets + COUNTS.http2);

  const policies = policyClient(stack);
  for (let change = 0; change < CHANGES; change += 1) {
    if (change % 5 === 4) await policies.delete('swap');
    else await policies.put('swap', FRONTENDS[change % FRONTENDS.length] ?? {});
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await connectWhileStopped(() =>
    policies.put('swap', { tcp: { keepalive: { time: '30s', interval: '5s', retries: 3 } } }),
  );
  await eventually(async () => {
    const sockets = await workerSockets();
    assertAll(sockets, '1/30/5/3/0');
    const accepted = queued.filter((q) => sockets.some((s) => s.remotePort === q.localPort));
    assert.equal(accepted.length, QUEUED, 'connections of the accept queue are there');
    assert.ok(sockets.filter((s) => s.listening).length >= 2, 'listening sockets are there');
  });

  await eventually(() => clients?.verified().then((n) => assert.ok(n >= BODIES, `${n} bodies`)), {
    deadlineMs: 120_000,
    everyMs: 500,
  });
  await policies.delete('swap');
  await eventually(async () => assertAll(await workerSockets(), systemDefaults()));
  assert.deepEqual(await heldInodes(), before, 'same inodes, same client ports');

  const result = await clients.finish();
  assert.deepEqual(result.closed, [], 'no connection closed');
  assert.deepEqual(result.failed, [], 'no request failed');
  assert.ok(result.verifiedBodies >= BODIES, `${result.verifiedBodies} bodies verified`);
});
