// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { WorkerList, WorkerObject } from '../../control-plane/fleet-objects/worker-object.js';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.js';
import { namesOf } from '../support/delta-client.js';
import { eventually } from '../support/eventually.js';
import { preparePlanes } from '../support/planes.js';
import { sampleGateway, samplePolicy } from '../support/sample-objects.js';

const POLICY_NAME = 'policy/frontend/httpbin/keep:frontend-tcp:httpbin/agentgateway-proxy';
const POLICY_PATH = '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaypolicies/keep';
const GATEWAYS_PATH = '/apis/gateway.networking.k8s.io/v1/namespaces/httpbin/gateways';
const GATEWAY_PATH = `${GATEWAYS_PATH}/agentgateway-proxy`;

type Conditions = readonly { type: string; status: string; reason: string; message: string }[];

interface GatewayBody {
  readonly status?: {
    readonly conditions?: Conditions;
    readonly listeners?: readonly { readonly conditions?: Conditions }[];
  };
}

interface EventList {
  readonly items: readonly {
    readonly message: string;
    readonly involvedObject: { readonly kind: string; readonly name: string };
  }[];
}

const WORKERS_PATH = '/apis/fleet.heartline.dev/v1alpha1/workers';

async function onlyWorker(plane: TestControlPlane): Promise<WorkerObject> {
  const { body } = await plane.get(WORKERS_PATH);
  const [worker, ...more] = (body as WorkerList).items;
  assert.ok(worker !== undefined && more.length === 0, 'one worker expected');
  return worker;
}

describe('what a worker refuses', () => {
  it('is on record after a restart, shown with its reason, not sent again, and sent once fixed', async () => {
    const first = await startTestControlPlane({ storeKind: 'lmdb' });
    await first.apply(sampleGateway());
    await first.untilVersion(1);
    const before = first.connect();
    const { resources } = await before.open();
    const held = Object.fromEntries(
      resources.map(({ name = '', version = '' }) => [name, version]),
    );
    await first.apply(samplePolicy('keep', { time: '30s' }));
    const update = await before.next();
    before.nack(update, { [POLICY_NAME]: `time 30s is not for me ${'!'.repeat(2_000)}` });
    await before.assertQuiet();
    await eventually(async () => {
      const { body } = await first.get('/api/v1/events?fieldSelector=reason=Rejected');
      const { items } = body as EventList;
      const told = items.map(({ involvedObject: { kind, name } }) => `${kind}/${name}`).sort();
      assert.deepEqual(told, ['AgentgatewayPolicy/keep', 'Pod/worker-0']);
      for (const { message } of items) assert.match(message, /time 30s is not for me/);
    });
    const { status } = await onlyWorker(first);
    const [rejected] = status.rejected;
    assert.deepEqual([rejected?.resource, rejected?.class], [POLICY_NAME, 'invalid']);
    const metrics = await first.get('/metrics');
    assert.match(String(metrics.body), /heartline_rejections\{class="invalid"\} 1/);
    await first.stop();

    const second = await startTestControlPlane({ storeKind: 'lmdb', dataDir: first.dataDir });
    try {
      const after = second.connect();
      assert.deepEqual(namesOf(await after.open(held)), []);
      await after.assertQuiet();
      assert.deepEqual((await onlyWorker(second)).status.rejected, status.rejected);
      // Records of refusals are no objects: nothing was compiled because of them.
      await second.untilVersion(2);
      await eventually(async () => {
        const { body } = await second.get(POLICY_PATH);
        const text = JSON.stringify(body);
        assert.match(text, /"reason":"Rejected"/);
        assert.match(text, /worker pods\/worker-0 rejected .*: time 30s is not for me !+…/);
      });
      await second.apply(samplePolicy('keep', { time: '40s' }));
      const fixed = await after.next();
      assert.deepEqual(namesOf(fixed), [POLICY_NAME]);
      after.ack(fixed);
      await after.assertQuiet();
      assert.deepEqual((await onlyWorker(second)).status.rejected, []);
    } finally {
      await second.remove();
    }
  });

  it('for the sake of a port in use is its environment, until the port is free', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'heartline-rejections-'));
    const planes = await preparePlanes(directory);
    const owner = createServer();
    try {
      await once(owner.listen(planes.port(8080), '127.0.0.1'), 'listening');
      const controlPlane = planes.startControlPlane();
      const api = async (method: string, path: string, body?: object): Promise<unknown> => {
        const token = readFileSync(join(directory, 'api.token'), 'utf8').trim();
        const answer = await fetch(`http://127.0.0.1:${planes.port(9979)}${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
        return answer.json();
      };
      await eventually(() => assert.match(controlPlane.log(), /control plane is up/));
      await api('POST', GATEWAYS_PATH, sampleGateway());
      planes.startWorker();
      const rejected = async () =>
        ((await api('GET', WORKERS_PATH)) as WorkerList).items.flatMap(({ spec, status }) =>
          status.rejected.map((one) => ({ ...one, build: spec.build, state: status.state })),
        );
      await eventually(async () => {
        const [one] = await rejected();
        assert.deepEqual(
          [one?.class, one?.resource],
          ['environment', 'bind/8080/httpbin/agentgateway-proxy'],
        );
        assert.match(one?.reason ?? '', /in use/);
        assert.match(one?.build ?? '', /^heartline\/\d/);
        assert.equal(one?.state, 'Behind', 'accepted, and not in force');
      });
      const programmed = async (): Promise<string[]> => {
        const { status } = (await api('GET', GATEWAY_PATH)) as GatewayBody;
        const both = [status?.conditions, status?.listeners?.[0]?.conditions];
        return both.map((conditions) => {
          const found = conditions?.find(({ type }) => type === 'Programmed');
          return `${found?.status} ${found?.reason}: ${found?.message}`;
        });
      };
      await eventually(async () => {
        for (const one of await programmed()) {
          assert.match(one, /^False Invalid: .*port \d+ is in use by another process/);
        }
      });
      owner.close();
      await eventually(async () => {
        for (const one of await programmed())
          assert.equal(one, 'True Programmed: the workers listen');
        assert.deepEqual(await rejected(), []);
        const { items } = (await api('GET', WORKERS_PATH)) as WorkerList;
        assert.equal(items[0]?.status.state, 'InSync');
      });
    } finally {
      owner.close();
      await planes.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
