// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseLastGood, renderLastGood } from '../../dataplane/state/last-good-format.js';
import { assertServing, bringUp, untilInSync, untilUp } from '../support/bring-up.js';
import { eventually } from '../support/eventually.js';
import { readRelease, readState, readWorker } from '../support/installation.js';
import { troubles } from '../support/log-lines.js';
import { type PlaneProcess, type Planes, preparePlanes } from '../support/planes.js';
import { policyClient } from '../support/policies.js';
import { startPopulation } from '../support/population-process.js';
import { distinctValues, inodesByClient, trafficSockets } from '../support/traffic-sockets.js';

/** One control plane and one worker as processes of their own, without `up`: each stays dead until the test starts it. */
const VALUES = '1/33/6/5/0';
const POLICY = { tcp: { keepalive: { time: '33s', interval: '6s', retries: 5 } } };

let dataDir: string;
let planes: Planes;
let controlPlane: PlaneProcess;
let worker: PlaneProcess;
let lastGood: string;

before(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'heartline-planes-'));
  planes = await preparePlanes(dataDir);
  ({ controlPlane, worker } = await bringUp(planes));
  lastGood = join(planes.workerDir, 'last-good.json');
  await policyClient(planes).put('kept', POLICY);
  await untilVersionSaved();
});

after(async () => {
  await planes.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Waits until everything is in force and the worker could start from it. */
async function untilVersionSaved(): Promise<void> {
  await untilInSync(planes);
  await eventually(async () => {
    const { label } = JSON.parse(readFileSync(lastGood, 'utf8')) as { readonly label: string };
    assert.equal(label, (await readRelease(planes)).versions.at(-1)?.label);
  });
}

async function startControlPlane(): Promise<void> {
  controlPlane = planes.startControlPlane();
  await untilUp(planes, controlPlane);
  await untilInSync(planes);
}

/** Listening sockets, and one connection that was made just now, hold the policy's values. */
async function assertPolicyInForce(): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: planes.port(8080) });
  socket.on('error', () => undefined);
  try {
    await eventually(async () => {
      const sockets = await trafficSockets(planes, worker.child.pid ?? 0);
      assert.ok(sockets.filter(({ listening }) => listening).length >= 2, 'both ports listen');
      assert.ok(
        sockets.some(({ remotePort }) => remotePort === socket.localPort),
        'sockets.some(({ remotePort }) => remotePort === socket.localPort)',
      );
      assert.deepEqual(distinctValues(sockets), [VALUES]);
    });
  } finally {
    socket.destroy();
  }
}

test('control plane killed and started again: same versions, nothing sent again, the same connections', {
  timeout: 120_000,
}, async () => {
  const counts = { idle: 20, streaming: 3, websockets: 3, http2: 3, load: 1 };
  const population = await startPopulation({
    ...{ host: '127.0.0.1', port: planes.port(8080), counts },
  });
  try {
    const inodes = async (): Promise<ReadonlyMap<number, number>> =>
      inodesByClient(await trafficSockets(planes, worker.child.pid ?? 0), population.clientPorts);
    const held = await inodes();
    assert.equal(held.size, 29);
    const [release, facts] = [await readRelease(planes), await readWorker(planes)];

    await controlPlane.kill('SIGKILL');
    await eventually(async () => assert.equal((await readWorker(planes)).connected, false));
    await assertServing(planes);
    await assertPolicyInForce();
    await startControlPlane();

    assert.deepEqual(await readRelease(planes), release);
    const now = await readWorker(planes);
    assert.deepEqual({ ...now, responses: 0 }, { ...facts, responses: 0 });
    assert.equal(now.responses, facts.responses + 2, 'one empty response for each type');
    assert.deepEqual(await inodes(), held);
    const { closed, failed } = await population.finish();
    assert.deepEqual({ closed, failed }, { closed: [], failed: [] });
  } finally {
    population.kill();
  }
});

test('worker killed while the control plane is down: it serves from last-good with the policy in force', {
  timeout: 120_000,
}, async () => {
  const release = await readRelease(planes);
  const { objects } = await readState(planes);
  await controlPlane.kill('SIGKILL');
  await worker.kill('SIGKILL');
  worker = planes.startWorker();
  await eventually(() => assertServing(planes));
  await assertPolicyInForce();
  const alone = await readWorker(planes);
  const label = release.versions.at(-1)?.label;
  assert.deepEqual(
    { ...alone, lastGoodFailures: 0 },
    {
      version: label,
      pending: [],
      connected: false,
      responses: 0,
      resources: 0,
      lastGoodFailures: 0,
    },
  );

  await startControlPlane();
  assert.deepEqual(await readRelease(planes), release);
  assert.equal((await readState(planes)).objects.length, objects.length);
  const back = await readWorker(planes);
  assert.equal(back.version, label);
  assert.equal(back.resources, 0, 'nothing is sent again');
  assert.equal(back.responses, 2, 'one empty response for each type');
});

const damaged: readonly (readonly [string, (text: string) => string, RegExp])[] = [
  ['cut short', (text) => text.slice(0, text.length / 2), /not complete JSON/],
  ['empty', () => '', /not complete JSON/],
  ['with one bit changed', (text) => flipBit(text), /checksum/],
  ['of another gateway', (text) => ofGateway(text, 'other/gw'), /belongs to gateway other\/gw/],
  [
    'of a newer format',
    (text) => text.replace('"format":1', '"format":2'),
    /format 2, this program reads up to 1/,
  ],
];

/** In the middle of a resource's bytes, so that the text stays JSON. */
function flipBit(text: string): string {
  const at = text.indexOf('"bytes":"') + '"bytes":"'.length + 4;
  const flipped = String.fromCharCode(text.charCodeAt(at) ^ 1);
  return text.slice(0, at) + flipped + text.slice(at + 1);
}

function ofGateway(text: string, gateway: string): string {
  const read = parseLastGood(text, 'httpbin/agentgateway-proxy');
  assert.ok(!('reason' in read));
  return renderLastGood({ ...read, gateway });
}

for (const [what, damage, reason] of damaged) {
  test(`a last-good file ${what}: one line says why, it is kept aside, everything comes anew`, {
    timeout: 60_000,
  }, async () => {
    const kept = `${lastGood}.bad`;
    rmSync(kept, { force: true });
    const { version } = await readWorker(planes);
    const good = readFileSync(lastGood, 'utf8');
    const bad = damage(good);
    assert.notEqual(bad, good);
    await worker.kill('SIGKILL');
    writeFileSync(lastGood, bad);
    worker = planes.startWorker();
    await eventually(() => assertServing(planes));
    await assertPolicyInForce();
    await untilVersionSaved();

    const lines = troubles(worker.log());
    assert.equal(lines.length, 1, worker.log());
    assert.equal(lines[0]?.msg, 'the last-good file cannot be used, starting empty');
    assert.match(String(lines[0]?.['reason']), reason);
    assert.equal(lines[0]?.['file'], lastGood);
    assert.equal(readFileSync(kept, 'utf8'), bad);
    assert.equal(readFileSync(lastGood, 'utf8'), good);
    const facts = await readWorker(planes);
    assert.equal(facts.version, version);
    const { resources } = JSON.parse(good) as { readonly resources: readonly object[] };
    assert.equal(facts.resources, resources.length);
  });
}

test('a wrong worker token: one line names it, last-good serves, the right token heals without a restart', {
  timeout: 120_000,
}, async () => {
  const tokenFile = join(dataDir, 'wrong.token');
  writeFileSync(tokenFile, 'not-the-token\n', { mode: 0o600 });
  await worker.kill('SIGKILL');
  worker = planes.startWorker(['--token-file', tokenFile]);
  await eventually(() => assertServing(planes));
  await assertPolicyInForce();
  const refused =
    'the control plane refused this worker: check --token-file, --cluster and --gateway';
  await eventually(() => {
    assert.deepEqual(
      troubles(worker.log()).map(({ msg }) => msg),
      [refused],
    );
  });
  const { connected, resources } = await readWorker(planes);
  assert.deepEqual({ connected, resources }, { connected: false, resources: 0 });
  assert.ok(!worker.log().includes('not-the-token'), 'a token is never logged');

  copyFileSync(join(dataDir, 'worker.token'), tokenFile);
  await untilInSync(planes);
  await eventually(async () => assert.equal((await readWorker(planes)).connected, true));
  assert.equal((await readWorker(planes)).resources, 0, 'it had everything');
  assert.equal(troubles(worker.log()).length, 1, 'the outage is said once');
});
