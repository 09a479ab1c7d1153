// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ApiException,
  AuthorizationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  type ListPromise,
  ListWatch,
  PatchStrategy,
  PortForward,
  type V1ObjectMeta,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import { kubeConfigOf } from '../support/client-node.js';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.js';
import { eventually } from '../support/eventually.js';
import { FORWARD_PATH, startForwardLab, startTarget } from '../support/forward-lab.js';
import { samplePolicy } from '../support/sample-objects.js';

const GROUP = 'agentgateway.dev';
const VERSION = 'v1alpha1';
const PLURAL = 'agentgatewaypolicies';
/** Namespace and pod in the path that the lab forwards. */
const FORWARD_POD = /namespaces\/([^/]+)\/pods\/([^/]+)\//;

type Policy = ReturnType<typeof samplePolicy> & {
  metadata: V1ObjectMeta & { name: string; namespace: string };
};
interface PolicyList {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: Policy[];
}

/** A policy of 30 s in a namespace of the test's own. */
function policyIn(namespace: string, name: string, keepalive: object = { time: '30s' }): Policy {
  const policy = samplePolicy(name, keepalive);
  return { ...policy, metadata: { name, namespace } };
}

interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: { readonly causes?: readonly { field?: string; reason?: string }[] };
}

/** The Status of a refused call. */
async function refusal(call: Promise<unknown>): Promise<Refusal> {
  const thrown = await call.then(
    () => assert.fail('it was not refused'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof ApiException, String(thrown));
  const status = (
    typeof thrown.body === 'string' ? JSON.parse(thrown.body) : thrown.body
  ) as Refusal;
  assert.equal(status.code, thrown.code);
  return status;
}

describe('@kubernetes/client-node', () => {
  let controlPlane: TestControlPlane;
  let config: KubeConfig;
  let custom: CustomObjectsApi;
  let objects: KubernetesObjectApi;
  before(async () => {
    controlPlane = await startTestControlPlane();
    config = kubeConfigOf(controlPlane);
    custom = config.makeApiClient(CustomObjectsApi);
    objects = KubernetesObjectApi.makeApiClient(config);
  });
  after(() => controlPlane.remove());

  const at = (namespace: string) => ({
    ...{ group: GROUP, version: VERSION, plural: PLURAL, namespace },
  });
  const create = (policy: Policy) =>
    custom.createNamespacedCustomObject({
      ...at(policy.metadata.namespace),
      body: policy,
    }) as Promise<Policy>;
  const remove = (namespace: string, name: string) =>
    custom.deleteNamespacedCustomObject({ ...at(namespace), name });
  const read = (namespace: string, name: string) =>
    custom.getNamespacedCustomObject({ ...at(namespace), name }) as Promise<Policy>;
  const patch = (policy: Policy, body: object, type: string, manager?: string, force?: boolean) =>
    objects.patch(
      {
        apiVersion: policy.apiVersion,
        kind: policy.kind,
        metadata: { name: policy.metadata.name, namespace: policy.metadata.namespace },
        ...body,
      } as Policy,
      undefined,
      undefined,
      manager,
      force,
      type as PatchStrategy,
    ) as unknown as Promise<Policy>;

  describe('objects', () => {
    it('are created, read, replaced, listed and deleted', async () => {
      const made = await create(policyIn('crud', 'one'));
      assert.equal(made.metadata.generation, 1);
      assert.match(made.metadata.uid ?? '', /^[0-9a-f-]{36}$/);
      assert.deepEqual((await read('crud', 'one')).metadata.uid, made.metadata.uid);

      const { resourceVersion: _, ...metadata } = made.metadata;
      const changed = { ...structuredClone(made), metadata };
      changed.spec.frontend.tcp.keepalive = { time: '45s' };
      const replaced = (await custom.replaceNamespacedCustomObject({
        ...at('crud'),
        ...{ name: 'one', body: changed },
      })) as Policy;
      assert.equal(replaced.metadata.generation, 2);

      const list = (await custom.listNamespacedCustomObject(at('crud'))) as PolicyList;
      assert.deepEqual(
        list.items.map(({ spec }) => spec),
        [changed.spec],
      );
      const everywhere = (await custom.listCustomObjectForAllNamespaces({
        ...{ group: GROUP, version: VERSION, plural: PLURAL },
        fieldSelector: 'metadata.name=one,metadata.namespace=crud',
      })) as PolicyList;
      assert.equal(everywhere.items.length, 1);

      await remove('crud', 'one');
      assert.equal((await refusal(read('crud', 'one'))).code, 404);
    });

    it('are found by their kind alone', async () => {
      const policy = policyIn('by-kind', 'one');
      const made = (await objects.create(policy)) as unknown as Policy;
      const header = { ...made, metadata: { name: 'one', namespace: 'by-kind' } };
      assert.equal((await objects.read(header)).metadata?.uid, made.metadata.uid);
      const list = await objects.list(policy.apiVersion, policy.kind, 'by-kind');
      assert.deepEqual(
        list.items.map((item) => item.metadata?.name),
        ['one'],
      );
      assert.equal((await objects.delete(header)).status, 'Success');
    });

    it('come in pages', async () => {
      for (const name of ['a', 'b', 'c']) await create(policyIn('pages', name));
      const names: string[] = [];
      let next: string | undefined;
      do {
        const page = (await custom.listNamespacedCustomObject({
          ...at('pages'),
          ...{ limit: 2 },
          ...(next === undefined ? {} : { _continue: next }),
        })) as PolicyList;
        names.push(...page.items.map((item) => item.metadata.name));
        next = page.metadata.continue || undefined;
      } while (next !== undefined);
      assert.deepEqual(names, ['a', 'b', 'c']);
    });

    it('are refused with the code, the reason and the fields', async () => {
      const first = await create(policyIn('refused', 'one'));
      const taken = await refusal(create(policyIn('refused', 'one')));
      assert.deepEqual([taken.code, taken.reason], [409, 'AlreadyExists']);
      assert.equal(taken.message, `${PLURAL}.${GROUP} "one" already exists`);

      const invalid = await refusal(create(policyIn('refused', 'two', { retries: 0 })));
      assert.deepEqual([invalid.code, invalid.reason], [422, 'Invalid']);
      assert.deepEqual(
        invalid.details?.causes?.map(({ field }) => field),
        ['spec.frontend.tcp.keepalive.retries'],
      );

      await patch(
        first,
        { metadata: { ...first.metadata, labels: { a: 'b' } } },
        PatchStrategy.MergePatch,
      );
      const stale = await refusal(
        custom.replaceNamespacedCustomObject({ ...at('refused'), name: 'one', body: first }),
      );
      assert.deepEqual([stale.code, stale.reason], [409, 'Conflict']);

      const missing = await refusal(remove('refused', 'nobody'));
      assert.deepEqual([missing.code, missing.reason], [404, 'NotFound']);
    });
  });

  describe('patches', () => {
    it('of each type change what they say', async () => {
      const policy = await create(policyIn('patches', 'one'));
      const merged = await patch(
        policy,
        { spec: { frontend: { tcp: { keepalive: { retries: 4 } } } } },
        PatchStrategy.MergePatch,
      );
      assert.deepEqual(merged.spec.frontend.tcp.keepalive, { time: '30s', retries: 4 });

      const patched = (await custom.patchNamespacedCustomObject({
        ...at('patches'),
        name: 'one',
        body: [{ op: 'replace', path: '/spec/frontend/tcp/keepalive/retries', value: 5 }],
      })) as Policy;
      assert.deepEqual(patched.spec.frontend.tcp.keepalive, { time: '30s', retries: 5 });

      const unknown = patch(policy, { spec: {} }, PatchStrategy.StrategicMergePatch);
      assert.equal((await refusal(unknown)).code, 415);
    });

    it('applied by two managers conflict, and are forced', async () => {
      const policy = policyIn('applied', 'one');
      const apply = (manager: string, time: string, force = false) =>
        patch(
          policy,
          { spec: policyIn('applied', 'one', { time }).spec },
          PatchStrategy.ServerSideApply,
          manager,
          force,
        );
      assert.equal((await apply('first', '30s')).metadata.generation, 1);
      const conflict = await refusal(apply('second', '60s'));
      assert.deepEqual([conflict.code, conflict.reason], [409, 'Conflict']);
      assert.deepEqual(conflict.details?.causes, [
        {
          reason: 'FieldManagerConflict',
          message: 'conflict with "first"',
          field: '.spec.frontend.tcp.keepalive.time',
        },
      ]);
      const forced = await apply('second', '60s', true);
      assert.deepEqual(forced.spec.frontend.tcp.keepalive, { time: '60s' });
      assert.deepEqual(
        forced.metadata.managedFields?.map(({ manager }) => manager),
        ['first', 'second'],
      );
    });
  });

  describe('watches', () => {
    it('show each change, and end with a bookmark of what was seen', async () => {
      const { metadata } = (await custom.listNamespacedCustomObject(at('watched'))) as PolicyList;
      const seen: [string, Policy][] = [];
      const ended = new Promise<unknown>((resolve) => {
        void new Watch(config).watch(
          `/apis/${GROUP}/${VERSION}/namespaces/watched/${PLURAL}`,
          {
            ...{ resourceVersion: metadata.resourceVersion, allowWatchBookmarks: true },
            timeoutSeconds: 1,
          },
          (phase: string, object: Policy) => void seen.push([phase, object]),
          resolve,
        );
      });
      const made = await create(policyIn('watched', 'one'));
      await remove('watched', 'one');
      assert.equal(await ended, null);
      // MODIFIED is a status of the control plane, when it was quicker than the deletion.
      const phases = seen.map(([phase]) => phase).filter((phase) => phase !== 'MODIFIED');
      assert.deepEqual(phases, ['ADDED', 'DELETED', 'BOOKMARK']);
      const versions = seen.map(([, object]) => Number(object.metadata.resourceVersion));
      assert.equal(versions[0], Number(made.metadata.resourceVersion));
      assert.deepEqual(
        versions,
        versions.toSorted((a, b) => a - b),
      );
    });

    it('from a revision that is gone say so', async () => {
      const codes: number[] = [];
      await new Promise((resolve) => {
        void new Watch(config).watch(
          '/api/v1/pods',
          { resourceVersion: '1', timeoutSeconds: 5 },
          (phase: string, status: { code: number }) => {
            assert.equal(phase, 'ERROR');
            codes.push(status.code);
          },
          resolve,
        );
      });
      assert.deepEqual(codes, [410]);
    });
  });

  describe('an informer', () => {
    it('hears of what is there, what comes, changes and goes, in order', async (t) => {
      await create(policyIn('informed', 'before'));
      const heard = await inform(t, config, 'informed');
      const one = await create(policyIn('informed', 'one'));
      await patch(
        one,
        { metadata: { ...one.metadata, labels: { a: 'b' } } },
        PatchStrategy.MergePatch,
      );
      await remove('informed', 'one');
      await eventually(() => assert.equal(heard.events.length, 4));
      assert.deepEqual(heard.events, ['add before', 'add one', 'update one', 'delete one']);
      assert.deepEqual(heard.names(), ['before']);
      assert.equal(heard.lists(), 1);
    });

    it('of a selector loses what no longer fits it', async (t) => {
      const heard = await inform(t, config, 'selected', 'team=edge');
      const one = policyIn('selected', 'one');
      one.metadata.labels = { team: 'edge' };
      await create(one);
      await patch(
        one,
        { metadata: { ...one.metadata, labels: { team: 'core' } } },
        PatchStrategy.MergePatch,
      );
      await eventually(() => assert.deepEqual(heard.events, ['add one', 'delete one']));
    });
  });

  describe('kinds of Kubernetes itself', () => {
    it('show version, namespaces and what the caller may do', async () => {
      const version = await config.makeApiClient(VersionApi).getCode();
      assert.equal(version.major, '1');
      const core = config.makeApiClient(CoreV1Api);
      const made = await core.createNamespace({ body: { metadata: { name: 'typed' } } });
      assert.equal(made.status?.phase, 'Active');
      const { items } = await core.listNamespace();
      assert.ok(items.some(({ metadata }) => metadata?.name === 'typed'));
      const again = core.createNamespace({ body: { metadata: { name: 'typed' } } });
      assert.equal((await refusal(again)).reason, 'AlreadyExists');
      await core.deleteNamespace({ name: 'typed' });
      await eventually(async () => {
        assert.equal((await refusal(core.readNamespace({ name: 'typed' }))).code, 404);
      });
      const review = await config.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
        body: {
          spec: { resourceAttributes: { group: GROUP, resource: PLURAL, verb: 'create' } },
        },
      });
      assert.equal(review.status?.allowed, true);
    });
  });
});

describe('an informer of @kubernetes/client-node, when the control plane starts anew', () => {
  it('goes on where it was, without a second list, and misses nothing', async (t) => {
    const first = await startTestControlPlane({ storeKind: 'lmdb' });
    let current = first;
    t.after(() => current.remove());
    const config = kubeConfigOf(first);
    await first.apply(policyIn('kept', 'before'));
    const heard = await inform(t, config, 'kept');
    await eventually(() => assert.deepEqual(heard.events, ['add before']));
    await first.stop();
    const { port } = first.running.apiAddress;
    current = await startTestControlPlane({
      ...{ storeKind: 'lmdb', dataDir: first.dataDir, apiPort: port },
    });
    await current.apply(policyIn('kept', 'after'));
    await eventually(() => assert.deepEqual(heard.events, ['add before', 'add after']));
    assert.equal(heard.lists(), 1);
  });

  it('lists again when its revision is no longer known', async (t) => {
    const first = await startTestControlPlane();
    let current = first;
    t.after(() => current.remove());
    const config = kubeConfigOf(first);
    const core = config.makeApiClient(CoreV1Api);
    // Workers are not in the log: what is known of them begins anew with each process.
    const heard = await follow(t, {
      config,
      path: '/api/v1/pods',
      list: () => core.listPodForAllNamespaces(),
    });
    assert.equal(heard.lists(), 1);
    await first.stop();
    const { port } = first.running.apiAddress;
    current = await startTestControlPlane({ dataDir: first.dataDir, apiPort: port });
    await eventually(() => assert.equal(heard.lists(), 2));
  });
});

describe('a port-forward of @kubernetes/client-node', () => {
  it('reaches the worker that the pod stands for', async (t) => {
    const admin = await startTarget((socket) => void socket.pipe(socket));
    t.after(() => admin.close());
    const { port } = admin;
    const lab = await startForwardLab({ admin: port, stats: port, readiness: port });
    t.after(() => lab.close());
    const input = new PassThrough();
    const output = new PassThrough();
    const forward = new PortForward(kubeConfigOf(lab.controlPlane));
    const [, namespace = '', pod = ''] = FORWARD_POD.exec(FORWARD_PATH) ?? [];
    const socket = await forward.portForward(namespace, pod, [15_000], output, null, input);
    t.after(() => (typeof socket === 'function' ? socket()?.close() : socket.close()));
    input.write('there and back');
    const [answer] = (await once(output, 'data')) as [Buffer];
    assert.equal(answer.toString('utf8'), 'there and back');
  });
});

/** What an informer has told, but for statuses. */
interface Heard {
  readonly events: readonly string[];
  /** Names of its cache, sorted. */
  names(): readonly string[];
  /** How often it listed. */
  lists(): number;
}

interface Followed<T extends KubernetesObject> {
  readonly config: KubeConfig;
  readonly path: string;
  readonly labelSelector?: string;
  readonly list: ListPromise<T>;
}

/** An informer of the policies of one namespace. */
function inform(
  t: TestContext,
  config: KubeConfig,
  namespace: string,
  labelSelector?: string,
): Promise<Heard> {
  const custom = config.makeApiClient(CustomObjectsApi);
  const selector = labelSelector === undefined ? {} : { labelSelector };
  return follow<Policy>(t, {
    ...{ config, ...selector },
    path: `/apis/${GROUP}/${VERSION}/namespaces/${namespace}/${PLURAL}`,
    list: () =>
      custom.listNamespacedCustomObject({
        ...{ group: GROUP, version: VERSION, plural: PLURAL, namespace },
        ...selector,
      }),
  });
}

/** Starts an informer, which is started again when its connection fails, as its users do. */
async function follow<T extends KubernetesObject>(
  t: TestContext,
  { config, path, labelSelector, list }: Followed<T>,
): Promise<Heard> {
  const events: string[] = [];
  let lists = 0;
  let isStopped = false;
  const counted: ListPromise<T> = () => {
    lists += 1;
    return list();
  };
  const informer = new ListWatch<T>(path, new Watch(config), counted, false, labelSelector);
  const wanted = new Map<string, string>();
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, (object) => {
      const name = object.metadata?.name ?? '';
      const { generation, labels } = object.metadata ?? {};
      const now = JSON.stringify({ generation, labels });
      // The control plane writes statuses too, whenever it has something to say.
      if (verb === 'update' && wanted.get(name) === now) return;
      wanted.set(name, now);
      events.push(`${verb} ${name}`);
    });
  }
  informer.on('error', () => {
    void pause(20).then(() => (isStopped ? undefined : informer.start()));
  });
  t.after(async () => {
    isStopped = true;
    await informer.stop();
  });
  await informer.start();
  return {
    events,
    names: () =>
      informer
        .list()
        .map(({ metadata }) => metadata?.name ?? '')
        .sort(),
    lists: () => lists,
  };
}
