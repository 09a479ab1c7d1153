// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertServing, bringUp, untilInSync, untilUp } from '../support/bring-up.js';
import { eventually } from '../support/eventually.js';
import { readRelease, readState, readWorker, type State } from '../support/installation.js';
import { troubles } from '../support/log-lines.js';
import { type PlaneProcess, type Planes, preparePlanes } from '../support/planes.js';
import { policyClient } from '../support/policies.js';
import { CANNOT_MOUNT, mountSmallDisk, type SmallDisk } from '../support/small-disk.js';
import { runHeartline } from '../support/stack.js';
import { distinctValues, trafficSockets } from '../support/traffic-sockets.js';

const skip = CANNOT_MOUNT;
const FILE = 'deploy/examples/tcp-keepalive.yaml';

let dataDir: string;
let planes: Planes;
let disk: SmallDisk;
let workerDisk: SmallDisk;
let controlPlane: PlaneProcess;
let worker: PlaneProcess;

before(async () => {
  if (skip !== false) return;
  dataDir = mkdtempSync(join(tmpdir(), 'heartline-full-disk-'));
  disk = mountSmallDisk(dataDir, 3_000_000);
  planes = await preparePlanes(dataDir);
  workerDisk = mountSmallDisk(planes.workerDir, 65_536);
  ({ controlPlane, worker } = await bringUp(planes));
});

after(async () => {
  await planes?.stop();
  workerDisk?.unmount();
  disk?.unmount();
  if (dataDir !== undefined) rmSync(dataDir, { recursive: true, force: true });
});

const seconds = (n: number) => ({ tcp: { keepalive: { time: `${n}s` } } });

async function untilInForce(idleSeconds: number): Promise<void> {
  await eventually(async () => {
    const sockets = await trafficSockets(planes, worker.child.pid ?? 0);
    assert.deepEqual(distinctValues(sockets), [`1/${idleSeconds}/180/9/0`]);
  });
}

test("the worker's disk is full: it applies and serves on, says so, and saves once there is room", {
  skip,
  timeout: 120_000,
}, async () => {
  const lastGood = join(planes.workerDir, 'last-good.json');
  const labelSaved = (): string =>
    (JSON.parse(readFileSync(lastGood, 'utf8')) as { readonly label: string }).label;
  await policyClient(planes).put('kept', seconds(60));
  await untilInForce(60);
  await untilInSync(planes);
  await eventually(async () => assert.equal(labelSaved(), (await readWorker(planes)).version));
  const saved = readFileSync(lastGood, 'utf8');

  workerDisk.fill();
  await policyClient(planes).put('kept', seconds(61));
  await untilInForce(61);
  await assertServing(planes);
  await eventually(async () =>
    assert.ok(
      (await readWorker(planes)).lastGoodFailures >= 2,
      '(await readWorker(planes)).lastGoodFailures >= 2',
    ),
  );
  assert.equal(readFileSync(lastGood, 'utf8'), saved, 'the older file is whole');
  const [line] = troubles(worker.log());
  assert.equal(line?.level, 'error');
  assert.match(line?.msg ?? '', /last-good file cannot be written, serving on; free space/);
  assert.match(JSON.stringify(line?.['err']), /ENOSPC/);

  workerDisk.free();
  await eventually(async () => assert.equal(labelSaved(), (await readWorker(planes)).version));
  await assertServing(planes);
});

/** Writes until one is refused; the seconds of the last that was acknowledged. */
async function writeUntilRefused(from: number): Promise<number> {
  const policies = policyClient(planes);
  let last = await storedSeconds();
  for (let n = from; n < from + 500; n += 1) {
    const { status, code, body } = await policies.tryPut('kept', seconds(n));
    if (status < 300) {
      last = n;
      continue;
    }
    assert.deepEqual({ status, code }, { status: 503, code: 'STORE_FAILED' });
    assert.match(JSON.stringify(body), /the disk is full/);
    return last;
  }
  throw new Error('the disk never became full');
}

async function storedSeconds(): Promise<number> {
  const { objects } = await readState(planes);
  const { spec } = objects.find(({ metadata }) => metadata.name === 'kept') ?? {};
  const { frontend } = spec as { frontend: { tcp: { keepalive: { time: string } } } };
  return Number.parseInt(frontend.tcp.keepalive.time, 10);
}

/**
 * A smaller transaction than the one that was refused may still find pages that were freed meanwhile: applies until one is
 * refused, and returns it with what was there before it.
 */
async function applyUntilRefused() {
  const path = `${dataDir}.yaml`;
  const env = { HEARTLINE_KUBECONFIG: join(dataDir, 'kubeconfig') };
  try {
    for (let time = 30; time < 80; time += 1) {
      writeFileSync(path, readFileSync(FILE, 'utf8').replace('time: 30s', `time: ${time}s`));
      const before = await readState(planes);
      const applied = await runHeartline(['apply', '-f', path], env);
      if (applied.code !== 0) return { applied, before };
    }
  } finally {
    rmSync(path, { force: true });
  }
  throw new Error('no apply was refused');
}

const withoutStatus = ({ objects }: State): object[] =>
  objects.map(({ status: _status, metadata: { name }, ...rest }) => ({ ...rest, name }));

/** Seconds of the last policy that was acknowledged before the disk was full. */
let acknowledged = 0;

test("the control plane's disk is full: writes are refused by name and change nothing, all else goes on", {
  skip,
  timeout: 120_000,
}, async () => {
  disk.fill();
  acknowledged = await writeUntilRefused(100);
  assert.equal(await storedSeconds(), acknowledged);
  const { applied, before } = await applyUntilRefused();
  assert.equal(applied.code, 74, applied.stderr);
  assert.match(applied.stderr, /the disk is full/);
  assert.match(applied.stderr, /see that the disk of the data directory has room/);
  assert.deepEqual(withoutStatus(await readState(planes)), withoutStatus(before));
  await assertServing(planes);
  assert.equal(controlPlane.child.exitCode, null);
});

test('room again: what was acknowledged reaches the worker by itself, and writes succeed', {
  skip,
  timeout: 120_000,
}, async () => {
  disk.free();
  await untilInForce(acknowledged);
  await untilInSync(planes);
  const { head } = await readRelease(planes);
  await policyClient(planes).put('kept', seconds(900));
  await untilInForce(900);
  await eventually(async () => assert.equal((await readRelease(planes)).head, head + 1));
});

test('a control plane killed while its disk is full starts again, with everything acknowledged', {
  skip,
  timeout: 120_000,
}, async () => {
  disk.fill();
  acknowledged = await writeUntilRefused(1000);
  const before = withoutStatus(await readState(planes));
  assert.equal(controlPlane.child.exitCode, null);
  await controlPlane.kill('SIGKILL');
  try {
    controlPlane = planes.startControlPlane();
    await untilUp(planes, controlPlane);
    assert.equal(await storedSeconds(), acknowledged);
    assert.deepEqual(withoutStatus(await readState(planes)), before);
    await assertServing(planes);
  } finally {
    disk.free();
  }
  await untilInForce(acknowledged);
});
