// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { apiPathOf, KINDS, objectKey, statusKey } from '../../control-plane/policy/kinds.js';
import type { KubeObject } from '../../control-plane/policy/kube-object.js';
import type { KubernetesOptions } from '../../control-plane/source/kubernetes/open-source.js';
import { startTestApi, type TestApi } from './api-server.js';
import { CERTIFICATES } from './certificates.js';
import type { SampleObject } from './control-plane.js';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';
import { type LeaseServer, startLeaseServer } from './lease-server.js';
import { kindOf } from './sample-objects.js';

/** A cluster for a Kubernetes source: our own API server and a Lease, over TLS, behind a proxy that makes faults. */
export interface TestCluster {
  readonly proxy: FaultProxy;
  readonly leases: LeaseServer;
  /** What makes a control plane use it, with timing for tests. */
  readonly options: KubernetesOptions;
  /** Creates the object or replaces it. */
  apply(...objects: readonly SampleObject[]): Promise<void>;
  remove(object: SampleObject): Promise<void>;
  get(kind: string, namespace: string, name: string): KubeObject | undefined;
  /** Puts an object there as it is, as a cluster with other rules than ours would. */
  force(object: SampleObject): Promise<void>;
  /** What another controller wrote. */
  writeStatus(object: SampleObject, status: object): Promise<void>;
  /** The objects as a copy of them should be, by kind, namespace and name. */
  truth(): Readonly<Record<string, unknown>>;
  /** A new server with objects and revisions of its own takes the place of the old one. */
  replaceServer(...objects: readonly SampleObject[]): Promise<void>;
  close(): Promise<void>;
}

/** So quick that no test waits; a list that stops coming is given up after a second. */
const TIMING = {
  listSilenceMs: 1_000,
  backoffMs: { initial: 5, max: 100 },
} as const;

export async function startTestCluster(...objects: readonly SampleObject[]): Promise<TestCluster> {
  let api = await startTestApi();
  const leases = await startLeaseServer();
  const proxy = await startFaultProxy((path) =>
    path.startsWith('/apis/coordination.k8s.io/') ? leases.url : api.url,
  );
  const dir = mkdtempSync(join(tmpdir(), 'heartline-kubeconfig-'));
  const kubeconfig = join(dir, 'config');
  writeFileSync(kubeconfig, renderKubeconfig(proxy.port, api.token));
  const cluster: TestCluster = {
    proxy,
    leases,
    options: { kubeconfig, context: 'test', leaseNamespace: 'heartline-system', timing: TIMING },
    async apply(...wanted) {
      for (const object of wanted) await applyTo(api, object);
    },
    async remove({ kind, metadata: { name, namespace = '' } }) {
      await change(api, { verb: 'delete', kind: kindOf(kind), namespace, name });
    },
    get: (kind, namespace, name) => api.door.get(kindOf(kind), namespace, name),
    async force(object) {
      const { name, namespace = '' } = object.metadata;
      const key = objectKey(kindOf(object.kind), namespace, name);
      await put(api, key, object);
    },
    async writeStatus({ kind, metadata: { name, namespace = '' } }, status) {
      await put(api, statusKey(kindOf(kind), namespace, name), status);
    },
    truth: () => truthOf((kind) => api.door.list(kind, undefined).objects),
    async replaceServer(...wanted) {
      const old = api;
      await proxy.goDown();
      api = await startTestApi();
      await cluster.apply(...wanted);
      await proxy.comeBack();
      await old.close();
    },
    async close() {
      await proxy.close();
      await leases.close();
      await api.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  await cluster.apply(...objects);
  return cluster;
}

/** What a copy keeps of the objects that `list` has. */
export function truthOf(
  list: (kind: (typeof KINDS)[number]) => readonly KubeObject[],
): Readonly<Record<string, unknown>> {
  const entries = KINDS.flatMap((kind) =>
    list(kind).map(({ metadata, status: _, apiVersion: __, kind: ___, ...body }) => {
      const { uid, generation, creationTimestamp, labels, annotations } = metadata;
      const id = `${kind.kind} ${metadata.namespace ?? ''}/${metadata.name}`;
      return [id, { uid, generation, creationTimestamp, labels, annotations, ...body }] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/** The collection of a kind, everywhere. */
export function collectionOf(kind: (typeof KINDS)[number]): string {
  return `${apiPathOf(kind)}/${kind.plural}`;
}

async function applyTo(api: TestApi, object: SampleObject): Promise<void> {
  const kind = kindOf(object.kind);
  const { name, namespace = '' } = object.metadata;
  const verb = api.door.get(kind, namespace, name) === undefined ? 'create' : 'replace';
  await change(api, { verb, kind, namespace, name, object });
}

type Change = Parameters<TestApi['door']['applyObjects']>[0]['changes'][number];

async function change(api: TestApi, wanted: Change): Promise<void> {
  await api.door.applyObjects({
    caller: { actor: 'test', reason: 'test' },
    changes: [wanted],
    dryRun: false,
    fieldValidation: 'Strict',
  });
}

async function put(api: TestApi, key: string, value: object): Promise<void> {
  const ops = [{ op: 'put', key, value: JSON.parse(JSON.stringify(value)) }] as const;
  const result = await api.store.commit({ actor: 'test', reason: 'test', time: 0, ops });
  assert.ok(result.ok);
}

/** The server's certificate is its own authority, and of another name than its address. */
function renderKubeconfig(port: number, token: string): string {
  const cluster = {
    server: `https://127.0.0.1:${port}`,
    'certificate-authority-data': Buffer.from(CERTIFICATES.a.certificate).toString('base64'),
    'tls-server-name': 'a.example.com',
  };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
}
