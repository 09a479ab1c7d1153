// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DeltaDiscoveryResponse__Output } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.js';
import { namesOf } from '../support/delta-client.js';
import { eventually } from '../support/eventually.js';
import { sampleGateway, samplePolicy } from '../support/sample-objects.js';

const POLICY_NAME = 'policy/frontend/httpbin/keep:frontend-tcp:httpbin/agentgateway-proxy';
const gateway = sampleGateway();
const policy = (time: string) => samplePolicy('keep', { time });

/** A control plane with one Gateway. */
function withGateway(name: string, run: (plane: TestControlPlane) => Promise<void>): void {
  test(name, async () => {
    const plane = await startTestControlPlane();
    try {
      await plane.apply(gateway);
      await plane.untilVersion(1);
      await run(plane);
    } finally {
      await plane.remove();
    }
  });
}

const versionsOf = (response: DeltaDiscoveryResponse__Output): Record<string, string> =>
  Object.fromEntries(
    response.resources.map((resource) => [resource.name ?? '', resource.version ?? '']),
  );

withGateway(
  'a policy is one response with one resource, its deletion one removal',
  async (plane) => {
    const worker = plane.connect();
    const first = await worker.open();
    assert.deepEqual(namesOf(first), [
      'bind/8080/httpbin/agentgateway-proxy',
      'listener/httpbin/agentgateway-proxy.http-8080',
    ]);
    await plane.apply(policy('30s'));
    const added = await worker.next();
    assert.deepEqual(namesOf(added), [POLICY_NAME]);
    worker.ack(added);
    await plane.apply(policy('40s'));
    const changed = await worker.next();
    assert.deepEqual(namesOf(changed), [POLICY_NAME]);
    worker.ack(changed);
    await plane.delete(policy('40s'));
    const removed = await worker.next();
    assert.deepEqual(namesOf(removed), [`-${POLICY_NAME}`]);
    worker.ack(removed);
    await worker.assertQuiet();
    const labels = [first, added, changed, removed].map((r) => r.systemVersionInfo?.split('-')[0]);
    assert.deepEqual(labels, ['1', '2', '3', '4']);
  },
);

withGateway('an equal apply and another gateway reach nobody', async (plane) => {
  await plane.apply(policy('30s'));
  await plane.untilVersion(2);
  const worker = plane.connect();
  await worker.open();
  await plane.apply(policy('30s'));
  await plane.apply(sampleGateway('other', [9090]));
  await plane.apply(samplePolicy('elsewhere', { time: '9s' }, 'other'));
  // A change of its own comes after all of those.
  await plane.apply(policy('31s'));
  const update = await worker.next();
  assert.deepEqual(namesOf(update), [POLICY_NAME]);
  worker.ack(update);
  await worker.assertQuiet();
});

withGateway('a reconnect that missed nothing is sent nothing', async (plane) => {
  await plane.apply(policy('30s'));
  await plane.untilVersion(2);
  const worker = plane.connect();
  const held = versionsOf(await worker.open());
  worker.cancel();
  await worker.status;
  const again = plane.connect();
  const answer = await again.open(held);
  assert.deepEqual(namesOf(answer), []);
  await again.assertQuiet();
  assert.equal(again.received.length, 2);
});

withGateway(
  'a worker of a deleted Gateway keeps all it has, and is shown orphaned',
  async (plane) => {
    const worker = plane.connect();
    await worker.open();
    await plane.delete(gateway);
    await plane.apply(policy('30s'));
    const addition = await worker.next();
    assert.deepEqual(namesOf(addition), [POLICY_NAME]);
    worker.ack(addition);
    await worker.assertQuiet();
    assert.equal((await rowOf(plane)).state, 'Orphaned');
    await plane.apply(sampleGateway('agentgateway-proxy', [8081]));
    const back = await worker.next();
    assert.deepEqual(namesOf(back), [
      'bind/8081/httpbin/agentgateway-proxy',
      'listener/httpbin/agentgateway-proxy.http-8081',
      '-bind/8080/httpbin/agentgateway-proxy',
      '-listener/httpbin/agentgateway-proxy.http-8080',
    ]);
  },
);

interface Row {
  readonly state: string;
  readonly sent: string;
  readonly accepted: string;
  readonly inForce: string;
  readonly problems: readonly object[];
}

async function rowOf(plane: TestControlPlane): Promise<Row> {
  const { body } = await plane.get('/apis/fleet.heartline.dev/v1alpha1/workers');
  const { items } = body as { readonly items: readonly { readonly status: Row }[] };
  const [item] = items;
  assert.ok(item !== undefined, 'no worker is shown');
  return item.status;
}

withGateway('the fleet shows sent, accepted and in force as they happen', async (plane) => {
  const worker = plane.connect();
  const first = await worker.open();
  await worker.assertQuiet();
  const v1 = first.systemVersionInfo;
  const row = await rowOf(plane);
  assert.deepEqual([row.state, row.sent, row.accepted, row.inForce], ['InSync', v1, v1, '']);

  const fleet = plane.connectFleet();
  const { sessionId = '' } = await fleet.hello({ gatewayName: 'agentgateway-proxy' });
  const now = Date.now();
  const inForce = { sessionId, inForce: true, inForceSinceUnixMs: now };
  fleet.report({ ...inForce, sequence: 1, version: v1 ?? '' });
  await eventually(async () => assert.equal((await rowOf(plane)).inForce, v1), { everyMs: 5 });

  await plane.apply(policy('30s'));
  const second = await worker.next();
  const v2 = second.systemVersionInfo;
  const behind = await rowOf(plane);
  assert.deepEqual(
    [behind.state, behind.sent, behind.accepted, behind.inForce],
    ['Behind', v2, v1, v1],
  );
  worker.nack(second, { [POLICY_NAME]: 'no' });
  await worker.assertQuiet();
  const rejected = await rowOf(plane);
  assert.equal(rejected.state, 'Rejected');
  assert.deepEqual(rejected.problems, [{ resource: POLICY_NAME, message: 'no' }]);

  await plane.apply(policy('31s'));
  const third = await worker.next();
  worker.ack(third);
  await worker.assertQuiet();
  fleet.report({ ...inForce, sequence: 2, version: third.systemVersionInfo ?? '' });
  await eventually(async () => assert.equal((await rowOf(plane)).state, 'InSync'), { everyMs: 5 });
});

withGateway('metrics count events and workers, and need the API token', async (plane) => {
  const worker = plane.connect();
  await worker.open();
  await worker.assertQuiet();
  const { body } = await plane.get('/metrics');
  const text = String(body);
  assert.match(text, /^heartline_workers\{state="InSync"\} 1$/m);
  assert.match(text, /^heartline_workers\{state="Lost"\} 0$/m);
  assert.match(text, /^heartline_events_total\{type="worker-connected"\} 1$/m);
  assert.match(text, /^heartline_log_sequence [1-9]/m);
  const { host, port } = plane.running.apiAddress;
  const stranger = await fetch(`http://${host}:${port}/metrics`);
  assert.equal(stranger.status, 401);
});

withGateway('the policy says in force only when its worker does', async (plane) => {
  const worker = plane.connect();
  await worker.open();
  const fleet = plane.connectFleet();
  const { sessionId = '' } = await fleet.hello({ gatewayName: 'agentgateway-proxy' });
  await plane.apply(policy('30s'));
  const update = await worker.next();
  worker.ack(update);
  const inForce = async (): Promise<string> => {
    const { body } = await plane.get(
      '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaypolicies/keep',
    );
    const { status } = body as {
      status?: { conditions?: { type: string; status: string; reason: string }[] };
    };
    const condition = status?.conditions?.find(({ type }) => type === 'InForce');
    return `${condition?.status} ${condition?.reason}`;
  };
  const label = update.systemVersionInfo ?? '';
  fleet.report({ sessionId, sequence: 1, version: label, inForce: false });
  await eventually(async () => assert.equal(await inForce(), 'False RollingOut'), { everyMs: 10 });
  fleet.report({ sessionId, sequence: 2, version: label, inForce: true, inForceSinceUnixMs: 1 });
  await eventually(async () => assert.equal(await inForce(), 'True InForce'), { everyMs: 10 });
});

test('tokens and directory are for their owner alone, and open only what they are for', async () => {
  const plane = await startTestControlPlane();
  try {
    assert.equal(statSync(plane.dataDir).mode & 0o777, 0o700);
    for (const name of ['api.token', 'worker.token']) {
      assert.equal(statSync(join(plane.dataDir, name)).mode & 0o777, 0o600);
    }
    const token = readFileSync(join(plane.dataDir, 'api.token'), 'utf8').trim();
    const worker = plane.connect({ token });
    assert.equal((await worker.status).code, 16);
  } finally {
    await plane.remove();
  }
});

test('after a restart versions and workers go on where they were', async () => {
  const first = await startTestControlPlane({ storeKind: 'lmdb' });
  let second: TestControlPlane | undefined;
  try {
    await first.apply(gateway);
    await first.untilVersion(1);
    await first.apply(policy('30s'));
    await first.untilVersion(2);
    const before = await first.connect().open();
    await first.stop();
    second = await startTestControlPlane({ storeKind: 'lmdb', dataDir: first.dataDir });
    const worker = second.connect();
    const after = await worker.open(versionsOf(before));
    assert.equal(after.systemVersionInfo, before.systemVersionInfo);
    assert.deepEqual(namesOf(after), []);
    await second.apply(policy('31s'));
    const update = await worker.next();
    assert.deepEqual(namesOf(update), [POLICY_NAME]);
    assert.equal(update.systemVersionInfo?.split('-')[0], '3');
    worker.ack(update);
    await worker.assertQuiet();
  } finally {
    await (second ?? first).remove();
  }
});

test('a second control plane on one data directory is refused with the pid of the first', async () => {
  const plane = await startTestControlPlane();
  try {
    await assert.rejects(startTestControlPlane({ dataDir: plane.dataDir }), {
      code: 'UNAVAILABLE',
      message: new RegExp(`${process.pid}`),
    });
  } finally {
    await plane.remove();
  }
});
