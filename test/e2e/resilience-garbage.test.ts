// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { loadWire } from '../../shared/proto/wire.js';
import { DeltaClient } from '../support/delta-client.js';
import { eventually } from '../support/eventually.js';
import { type Farewell, holdSilent, hostileBytes, sendHostile } from '../support/hostile-client.js';
import { kernelSockets } from '../support/kernel-oracle.js';
import { type PopulationProcess, startPopulation } from '../support/population-process.js';
import { type Stack, startStack } from '../support/stack.js';
import { inodesByClient, trafficSockets } from '../support/traffic-sockets.js';

const wire = loadWire();
const COUNTS = { idle: 50, streaming: 5, websockets: 5, http2: 5, load: 1 };
const SILENT = 200;
/** TCP state number of the kernel. */
const CLOSE_WAIT = 8;

let stack: Stack;
let clients: PopulationProcess;
let processes: readonly number[];
let inodes: ReadonlyMap<number, number>;

before(async () => {
  stack = await startStack();
  clients = await startPopulation({ host: '127.0.0.1', port: stack.port(8080), counts: COUNTS });
  processes = pids();
  inodes = await heldInodes();
  assert.equal(inodes.size, COUNTS.idle + COUNTS.streaming + COUNTS.websockets + COUNTS.http2);
});

after(async () => {
  clients?.kill();
  await stack.stop();
});

function pids(): readonly number[] {
  const children = ['cli/main.ts control-plane', 'dataplane/main', 'examples/httpbin/main'];
  return [stack.up.pid ?? 0, ...children.map((part) => stack.childPid(part))];
}

async function heldInodes(): Promise<ReadonlyMap<number, number>> {
  const sockets = await trafficSockets(stack, stack.childPid('dataplane/main'));
  return inodesByClient(sockets, clients.clientPorts);
}

/** On a connection of its own: one that was open before proves nothing about the port. */
async function get(base: number, path: string, headers: OutgoingHttpHeaders = {}): Promise<void> {
  const options = { host: '127.0.0.1', port: stack.port(base), path, headers, agent: false };
  const signal = AbortSignal.timeout(10_000);
  const [response] = (await once(request({ ...options, signal }).end(), 'response')) as [
    IncomingMessage,
  ];
  assert.equal(response.statusCode, 200);
  assert.ok((await text(response)).length > 0);
}

async function openDeltaStream(): Promise<void> {
  const token = readFileSync(join(stack.dataDir, 'worker.token'), 'utf8').trim();
  const client = new DeltaClient({
    ...{ wire, target: `127.0.0.1:${stack.port(9978)}`, token },
    ...{ role: 'httpbin~agentgateway-proxy', nodeId: 'well-behaved' },
  });
  try {
    assert.ok((await client.open()).resources.length > 0);
  } finally {
    client.close();
  }
}

function listGateways(): Promise<void> {
  const token = readFileSync(join(stack.dataDir, 'api.token'), 'utf8').trim();
  const path = '/apis/gateway.networking.k8s.io/v1/gateways';
  return get(9979, path, { authorization: `Bearer ${token}` });
}

/** Every port, with what a well-behaved client asks there. */
const PORTS: readonly (readonly [number, string, () => Promise<void>])[] = [
  [8080, 'HTTP listener', () => get(8080, '/get')],
  [8090, 'TCP listener', () => get(8090, '/get')],
  [9978, 'xDS', openDeltaStream],
  [9979, 'API', listGateways],
  [15_000, 'worker admin', () => get(15_000, '/config_dump')],
  [15_020, 'worker metrics', () => get(15_020, '/metrics')],
  [15_021, 'worker readiness', () => get(15_021, '/healthz/ready')],
];

for (const [base, name, ask] of PORTS) {
  test(`garbage on ${base} (${name}): every process lives, a good request is answered`, {
    timeout: 60_000,
  }, async () => {
    const farewells: readonly Farewell[] = ['end', 'reset'];
    for (const [what, bytes] of hostileBytes()) {
      await Promise.all(farewells.map((how) => sendHostile(stack.port(base), bytes, how)));
      await ask().catch((cause: unknown) => {
        throw new Error(`no good answer after ${what}`, { cause });
      });
    }
    assert.deepEqual(pids(), processes);
  });
}

for (const [base, name, ask] of PORTS) {
  test(`${SILENT} silent connections on ${base} (${name}): good requests are answered meanwhile`, {
    timeout: 60_000,
  }, async () => {
    const silent: readonly Socket[] = await holdSilent(stack.port(base), SILENT);
    try {
      await ask();
    } finally {
      for (const socket of silent) socket.destroy();
    }
    await ask();
    assert.deepEqual(pids(), processes);
  });
}

for (const part of ['dataplane/main', 'cli/main.ts control-plane']) {
  test(`the hostile clients have left: ${part} keeps none of their connections`, {
    timeout: 120_000,
  }, async () => {
    // gRPC's own PINGs find the last ones of the control plane, which takes up to 30 s.
    await eventually(
      async () => {
        const sockets = await kernelSockets(stack.childPid(part));
        const abandoned = sockets.filter(({ state }) => state === CLOSE_WAIT);
        assert.deepEqual(
          abandoned.map(({ localPort }) => localPort - stack.offset),
          [],
          'ports with connections that the peer has closed and we have not',
        );
      },
      { deadlineMs: 45_000, everyMs: 500 },
    );
  });
}

test('after all of it the connections that were open are the same, and none of their requests failed', {
  timeout: 60_000,
}, async () => {
  await eventually(async () => assert.deepEqual(await heldInodes(), inodes));
  const { closed, failed } = await clients.finish();
  assert.deepEqual({ closed, failed }, { closed: [], failed: [] });
  assert.doesNotMatch(stack.output(), /ended with|unexpected error/);
});
