// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { untilInSync, untilUp } from '../support/bring-up.js';
import { eventually } from '../support/eventually.js';
import {
  readRelease,
  readState,
  readWorker,
  readWorkerRow,
  type State,
} from '../support/installation.js';
import { policyClient } from '../support/policies.js';
import { type PopulationProcess, startPopulation } from '../support/population-process.js';
import { type Stack, startStack } from '../support/stack.js';
import { distinctValues, inodesByClient, trafficSockets } from '../support/traffic-sockets.js';

/** Under `heartline up`, which starts again what dies. */
const COUNTS = { idle: 50, streaming: 5, websockets: 5, http2: 5, load: 2 };
const KEPT_VALUES = '1/45/7/4/0';

let stack: Stack;
let clients: PopulationProcess;

before(async () => {
  stack = await startStack();
  clients = await startPopulation({ host: '127.0.0.1', port: stack.port(8080), counts: COUNTS });
});

after(async () => {
  clients?.kill();
  await stack.stop();
});

const controlPlanePid = (): number => stack.childPid('cli/main.ts control-plane');
const workerPid = (): number => stack.childPid('dataplane/main');

async function heldInodes(): Promise<ReadonlyMap<number, number>> {
  return inodesByClient(await trafficSockets(stack, workerPid()), clients.clientPorts);
}

async function assertInForce(values: string): Promise<void> {
  assert.deepEqual(distinctValues(await trafficSockets(stack, workerPid())), [values]);
}

/** Kills the control plane as a power cut would; settles when the worker is on a stream of the next one. */
async function killControlPlane(): Promise<void> {
  const killed = controlPlanePid();
  const killedAt = new Date().toISOString();
  process.kill(killed, 'SIGKILL');
  await eventually(() => assert.notEqual(controlPlanePid(), killed));
  await eventually(async () => {
    assert.ok(
      (await readWorkerRow(stack)).connectedAt > killedAt,
      '(await readWorkerRow(stack)).connectedAt > killedAt',
    );
  });
  await untilInSync(stack);
}

/** Objects without their statuses, which say when they last changed. */
const withoutStatus = ({ objects }: State): object[] =>
  objects.map(({ status: _status, metadata, ...object }) => ({
    ...object,
    metadata: { ...metadata, resourceVersion: undefined },
  }));

test('killed and started again: versions, history and objects are there, nothing is sent again, nothing closes', {
  timeout: 120_000,
}, async () => {
  const policies = policyClient(stack);
  const keepalive = (time: string) => ({
    tcp: { keepalive: { time, interval: '7s', retries: 4 } },
  });
  await policies.put('kept', keepalive('40s'), 'first try');
  await untilInSync(stack);
  await policies.put('kept', keepalive('45s'), 'longer');
  await untilInSync(stack);
  await assertInForce(KEPT_VALUES);
  const inodes = await heldInodes();
  assert.equal(inodes.size, COUNTS.idle + COUNTS.streaming + COUNTS.websockets + COUNTS.http2);
  const release = await readRelease(stack);
  const state = await readState(stack);
  const worker = await readWorker(stack);
  const workerProcess = workerPid();
  assert.deepEqual(
    release.versions.slice(-2).map(({ author, reason }) => [author, reason]),
    [
      ['admin', 'first try'],
      ['admin', 'longer'],
    ],
  );

  await killControlPlane();

  assert.deepEqual(await readRelease(stack), release);
  assert.deepEqual(withoutStatus(await readState(stack)), withoutStatus(state));
  const now = await readWorker(stack);
  assert.equal(workerPid(), workerProcess);
  assert.equal(now.version, worker.version);
  assert.equal(now.resources, worker.resources, 'resources sent again');
  assert.equal(now.responses, worker.responses + 2, 'one empty response for each type');
  assert.deepEqual(await heldInodes(), inodes);
  await assertInForce(KEPT_VALUES);
  assert.match(stack.output(), /control plane: ended with signal SIGKILL/);
  assert.match(stack.output(), /control plane: ready again, pid \d+/);
});

test('killed in the middle of writes: every acknowledged one is there, and the numbers go on', {
  timeout: 120_000,
}, async () => {
  const policies = policyClient(stack);
  const seconds = (n: number) => ({ tcp: { keepalive: { time: `${n}s` } } });
  let acknowledged = 0;
  const writer = (async () => {
    for (let n = 100; ; n += 1) {
      await policies.put('kept', seconds(n));
      acknowledged = n;
    }
  })();
  const before = await readRelease(stack);
  await eventually(() => assert.ok(acknowledged >= 130, 'acknowledged >= 130'), { everyMs: 1 });
  process.kill(controlPlanePid(), 'SIGKILL');
  await assert.rejects(writer, /fetch failed/);
  await untilUp(stack);

  const { objects } = await readState(stack);
  const kept = objects.find(({ metadata }) => metadata.name === 'kept');
  const stored = [acknowledged, acknowledged + 1].map((n) => JSON.stringify(seconds(n)));
  assert.ok(kept, 'the policy is there');
  const { frontend } = kept.spec as { readonly frontend: object };
  assert.ok(stored.includes(JSON.stringify(frontend)), `${acknowledged}s was acknowledged`);
  await policies.put('kept', seconds(500), 'after the kill');
  await untilInSync(stack);
  const { versions, head } = await readRelease(stack);
  assert.ok(head > before.head);
  const first = versions[0]?.number ?? 0;
  const numbers = versions.map(({ number }) => number);
  assert.deepEqual(
    numbers,
    Array.from(numbers, (_, index) => first + index),
  );
  assert.equal(versions.at(-1)?.reason, 'after the kill');
  await eventually(() => assertInForce('1/500/180/9/0'));
});

test('after all of it no connection has closed and no request failed', {
  timeout: 60_000,
}, async () => {
  const { closed, failed, verifiedBodies } = await clients.finish();
  assert.deepEqual(closed, []);
  assert.deepEqual(failed, []);
  assert.ok(verifiedBodies > 1000, `${verifiedBodies} bodies`);
});
