// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { KINDS } from '../../control-plane/policy/kinds.js';
import type { KubeObject } from '../../control-plane/policy/kube-object.js';
import { collectionOf, startTestCluster, type TestCluster, truthOf } from '../support/cluster.js';
import {
  type SampleObject,
  startTestControlPlane,
  type TestControlPlane,
} from '../support/control-plane.js';
import { eventually } from '../support/eventually.js';
import type { Fault, ProxiedRequest } from '../support/fault-proxy.js';
import {
  sampleBackend,
  sampleGateway,
  samplePolicy,
  sampleRoute,
} from '../support/sample-objects.js';

const BASICS: readonly SampleObject[] = [
  sampleGateway(),
  samplePolicy('tcp', { time: '30s', retries: 3 }),
  sampleRoute('route'),
  sampleBackend(),
];

async function copyOf(controlPlane: TestControlPlane): Promise<Readonly<Record<string, unknown>>> {
  const lists = await Promise.all(
    KINDS.map(async (kind) => {
      const { body } = await controlPlane.get(collectionOf(kind));
      return [kind, (body as { readonly items: readonly KubeObject[] }).items] as const;
    }),
  );
  const byKind = new Map(lists);
  return truthOf((kind) => byKind.get(kind) ?? []);
}

async function untilSame(cluster: TestCluster, controlPlane: TestControlPlane): Promise<void> {
  await eventually(async () => assert.deepEqual(await copyOf(controlPlane), cluster.truth()));
}

async function metric(controlPlane: TestControlPlane, name: string): Promise<number> {
  const { body } = await controlPlane.get('/metrics');
  const lines = String(body)
    .split('\n')
    .filter((line) => line.startsWith(name));
  assert.ok(lines.length > 0, `no metric ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const RELEASE =
  '/apis/fleet.heartline.dev/v1alpha1/namespaces/httpbin/gatewayreleases/agentgateway-proxy';

const isBackends = ({ path }: ProxiedRequest): boolean => path.endsWith('/agentgatewaybackends');
const isWatch = (request: ProxiedRequest): boolean => request.isWatch;
const isBackendWatch = (request: ProxiedRequest): boolean => isBackends(request) && request.isWatch;
const isBackendList = (request: ProxiedRequest): boolean => isBackends(request) && !request.isWatch;

describe('a Kubernetes cluster as the source', () => {
  let cluster: TestCluster;
  let controlPlane: TestControlPlane;

  before(async () => {
    cluster = await startTestCluster(...BASICS);
    controlPlane = await startTestControlPlane({ kubernetes: cluster.options });
  });
  after(async () => {
    await controlPlane?.remove();
    await cluster?.close();
  });

  it('is copied with the identity of its objects, compiled and served', async () => {
    assert.deepEqual(await copyOf(controlPlane), cluster.truth());
    const worker = controlPlane.connect();
    const names = (await worker.open()).resources.map(({ name }) => name);
    assert.ok(
      names.includes('policy/frontend/httpbin/tcp:tcp-keepalive') ||
        names.some((name) => name?.startsWith('policy/frontend/httpbin/tcp')),
      names.join(),
    );
    await controlPlane.untilVersion(1);
  });

  it('is followed: created, changed, deleted', async () => {
    await cluster.apply(sampleBackend('second', 18_001));
    await untilSame(cluster, controlPlane);
    await cluster.apply(sampleBackend('second', 18_002));
    await untilSame(cluster, controlPlane);
    await cluster.remove(sampleBackend('second'));
    await untilSame(cluster, controlPlane);
  });

  it('owns its kinds: our own API refuses to write them and names it', async () => {
    const answer = await controlPlane.delete(sampleGateway());
    assert.equal(answer.status, 409);
    const { message } = answer.body as { readonly message: string };
    assert.equal(
      message,
      'gateways.gateway.networking.k8s.io "agentgateway-proxy" in namespace "httpbin" belongs to the Kubernetes cluster test: change it in that cluster',
    );
  });

  it('a list again of what is the same writes nothing, moves no version and sends no worker a thing', async () => {
    const many = Array.from({ length: 620 }, (_, i) => sampleBackend(`many-${i}`, 20_000 + i));
    await cluster.apply(...many);
    await untilSame(cluster, controlPlane);
    const worker = controlPlane.connect();
    await worker.open();
    const written = await metric(controlPlane, 'heartline_kubernetes_mirrored_operations_total');
    const { body: release } = await controlPlane.get(RELEASE);
    const before = cluster.proxy.requests.length;
    for (const kind of KINDS) {
      cluster.proxy.inject({
        match: (request) => request.isWatch && request.path === collectionOf(kind),
        fault: { do: 'answer', status: 410 },
      });
    }
    assert.ok(cluster.proxy.cutRunning(isWatch) >= KINDS.length);
    await eventually(async () => {
      const lists = cluster.proxy.requests.slice(before).filter(isBackendList);
      assert.ok(
        lists.some(({ query, status }) => query.has('continue') && status === 200),
        'no second page',
      );
      assert.equal(cluster.proxy.running(isWatch), KINDS.length);
    });
    assert.equal(
      await metric(controlPlane, 'heartline_kubernetes_mirrored_operations_total'),
      written,
    );
    assert.deepEqual((await controlPlane.get(RELEASE)).body, release);
    await worker.assertQuiet();
    for (const object of many) await cluster.remove(object);
    await untilSame(cluster, controlPlane);
  });

  const faults: readonly [string, Fault, (request: ProxiedRequest) => boolean][] = [
    ['a watch cut in the middle of a frame', { do: 'cut', afterBytes: 40 }, isBackendWatch],
    ['a watch that is reset before its answer', { do: 'reset' }, isBackendWatch],
    ['a watch that comes byte by byte', { do: 'drip', bytes: 7 }, isBackendWatch],
    [
      'a watch with a line that is no frame',
      { do: 'insert', text: '{"type":"ADDED","obj\n' },
      isBackendWatch,
    ],
    [
      'a watch that is expired by an event',
      { do: 'insert', text: '{"type":"ERROR","object":{"kind":"Status","code":410}}\n' },
      isBackendWatch,
    ],
    ['410 to a watch', { do: 'answer', status: 410 }, isBackendWatch],
    [
      '429 to a watch',
      { do: 'answer', status: 429, headers: { 'retry-after': '0.1' } },
      isBackendWatch,
    ],
    ['500 to a watch', { do: 'answer', status: 500 }, isBackendWatch],
    ['401 to a watch', { do: 'answer', status: 401 }, isBackendWatch],
    ['503 to a list', { do: 'answer', status: 503 }, isBackendList],
    ['a list that stops coming', { do: 'stall', afterBytes: 300 }, isBackendList],
    ['a list cut in the middle', { do: 'cut', afterBytes: 300 }, isBackendList],
    ['a list that comes slowly', { do: 'drip', bytes: 50 }, isBackendList],
    [
      '429 to a list',
      { do: 'answer', status: 429, headers: { 'retry-after': '0.1' } },
      isBackendList,
    ],
    [
      'an answer to a list that is none',
      { do: 'answer', status: 200, body: { items: [{}] } },
      isBackendList,
    ],
  ];
  for (const [name, fault, match] of faults) {
    it(`${name}: nothing is lost and nothing comes twice`, async () => {
      const happened = cluster.proxy.happened();
      const written = await metric(controlPlane, 'heartline_kubernetes_mirrored_operations_total');
      cluster.proxy.inject({ match, fault });
      if (match === isBackendList) {
        cluster.proxy.inject({ match: isBackendWatch, fault: { do: 'answer', status: 410 } });
      }
      // What runs ends, what comes next meets the fault; meanwhile the cluster goes on.
      cluster.proxy.cutRunning(isBackendWatch);
      await cluster.apply(sampleBackend('churn', 19_000), sampleBackend('stays', 19_001));
      await eventually(() => assert.ok(cluster.proxy.happened() > happened, 'no fault happened'));
      await cluster.apply(sampleBackend('churn', 19_002), sampleBackend('late', 19_003));
      await cluster.remove(sampleBackend('churn'));
      await untilSame(cluster, controlPlane);
      await cluster.remove(sampleBackend('stays'));
      await cluster.remove(sampleBackend('late'));
      await untilSame(cluster, controlPlane);
      cluster.proxy.heal();
      const ops =
        (await metric(controlPlane, 'heartline_kubernetes_mirrored_operations_total')) - written;
      // Two objects that stay and go are 8 operations (each with its status); the one between is 5 at most.
      assert.ok(ops >= 8 && ops <= 13, `${ops} operations`);
    });
  }

  it('a server that is gone for a while is waited for', async () => {
    await cluster.proxy.goDown();
    await cluster.apply(sampleBackend('meanwhile', 19_004));
    await cluster.proxy.comeBack();
    await untilSame(cluster, controlPlane);
    assert.ok((await metric(controlPlane, 'heartline_kubernetes_watch_restarts_total{')) > 0);
  });

  it('a server with another history: the copy becomes what it has', async () => {
    const { body: before } = await controlPlane.get(RELEASE);
    await cluster.replaceServer(...BASICS, sampleBackend('other', 19_005));
    await untilSame(cluster, controlPlane);
    const worker = controlPlane.connect();
    const names = (await worker.open()).resources.map(({ name }) => name);
    assert.ok(names.length > 0);
    // The objects are others with the same content, so the version is the same.
    assert.deepEqual((await controlPlane.get(RELEASE)).body, before);
  });
});

describe('a watch whose connection says nothing any more', () => {
  it('is given up and goes on from where it was', async () => {
    const cluster = await startTestCluster(...BASICS);
    const timing = { ...cluster.options.timing, watchSilenceMs: 500 };
    const controlPlane = await startTestControlPlane({
      kubernetes: { ...cluster.options, timing },
    });
    try {
      await eventually(() => assert.equal(cluster.proxy.running(isBackendWatch), 1));
      assert.equal(cluster.proxy.stallRunning(isBackendWatch), 1);
      await cluster.apply(sampleBackend('unheard', 19_006));
      await untilSame(cluster, controlPlane);
    } finally {
      await controlPlane.remove();
      await cluster.close();
    }
  });
});
