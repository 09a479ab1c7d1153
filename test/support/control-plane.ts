// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ManifestsOptions,
  type RunningControlPlane,
  startControlPlane,
} from '../../control-plane/app.js';

import { apiPathOf } from '../../control-plane/policy/kinds.js';
import type { KubernetesOptions } from '../../control-plane/source/kubernetes/open-source.js';
import { loadWire } from '../../shared/proto/wire.js';
import { createLogger, type Logger } from '../../shared/telemetry/logger.js';
import { DeltaClient } from './delta-client.js';
import type { DiscoveryClientOptions } from './discovery-client.js';
import { eventually } from './eventually.js';
import { FleetClient } from './fleet-client.js';
import { kindOf } from './sample-objects.js';
import { SotwClient } from './sotw-client.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
/** What the worker of the samples says it serves. */
const SAMPLE_ROLE = 'httpbin~agentgateway-proxy';
const SAMPLE_RELEASE =
  '/apis/fleet.heartline.dev/v1alpha1/namespaces/httpbin/gatewayreleases/agentgateway-proxy';

/** What a path needs to know of an object; the API judges the rest. */
export interface SampleObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A whole control plane inside the test's process, on ports of its own. */
export interface TestControlPlane {
  readonly dataDir: string;
  readonly running: RunningControlPlane;
  /** Creates the object, or replaces the one of that name; fails unless the API takes it. */
  apply(object: SampleObject): Promise<Answer>;
  delete(object: SampleObject): Promise<Answer>;
  /** Waits until the gateway of the samples has a version of that number. */
  untilVersion(number: number): Promise<void>;
  /** GET of any path of the API, with its token. */
  get(path: string): Promise<Answer>;
  connect(options?: Partial<DiscoveryClientOptions>): DeltaClient;
  connectSotw(options?: Partial<DiscoveryClientOptions>): SotwClient;
  connectFleet(): FleetClient;
  /** Stops it and keeps its data directory, so that another one can be started there. */
  stop(): Promise<void>;
  /** Stops it and removes its data directory. */
  remove(): Promise<void>;
}

export interface TestControlPlaneOptions {
  readonly storeKind?: 'lmdb' | 'memory';
  /** The data directory of one that was stopped; default: a new one. */
  readonly dataDir?: string;
  /** Default: none. */
  readonly manifests?: ManifestsOptions;
  /** Default: none. */
  readonly logger?: Logger;
  /** The cluster that owns the objects; default: none does. */
  readonly kubernetes?: KubernetesOptions;
  /** Default: any free port. */
  readonly apiPort?: number;
}

export async function startTestControlPlane(
  options: TestControlPlaneOptions = {},
): Promise<TestControlPlane> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'heartline-control-plane-'));
  const running = await startControlPlane({
    dataDir,
    xdsAddress: LOOPBACK,
    apiAddress: { ...LOOPBACK, port: options.apiPort ?? 0 },
    ...(options.kubernetes === undefined ? {} : { kubernetes: options.kubernetes }),
    cluster: 'local',
    logger: options.logger ?? createLogger({ name: 'control-plane', level: 'silent' }),
    storeKind: options.storeKind ?? 'memory',
    ...(options.manifests === undefined ? {} : { manifests: options.manifests }),
  });
  const token = (name: string): string => readFileSync(join(dataDir, name), 'utf8').trim();
  const target = `127.0.0.1:${running.xdsAddress.port}`;
  const wire = loadWire();
  const clients: { close(): void }[] = [];

  const worker = () => ({ wire, target, token: token('worker.token'), role: SAMPLE_ROLE });

  const call = async (method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`http://127.0.0.1:${running.apiAddress.port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token('api.token')}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  };

  const stop = async (): Promise<void> => {
    for (const client of clients) client.close();
    await running.stop();
  };
  return {
    ...{ dataDir, running, stop },
    async apply(object) {
      const { item, collection } = pathsOf(object);
      const replaced = await call('PUT', item, object);
      const answer = replaced.status === 404 ? await call('POST', collection, object) : replaced;
      assert.ok(answer.status < 300, JSON.stringify(answer.body));
      return answer;
    },
    delete: (object) => call('DELETE', pathsOf(object).item),
    get: (path) => call('GET', path),
    async untilVersion(number) {
      await eventually(
        async () => {
          const { body } = await call('GET', SAMPLE_RELEASE);
          const { status } = body as { readonly status?: { readonly head?: number } };
          assert.equal(status?.head, number);
        },
        { everyMs: 5 },
      );
    },
    connect(connection = {}) {
      const client = new DeltaClient({ ...worker(), ...connection });
      clients.push(client);
      return client;
    },
    connectSotw(connection = {}) {
      const client = new SotwClient({ ...worker(), ...connection });
      clients.push(client);
      return client;
    },
    connectFleet() {
      const client = new FleetClient(wire, target, token('worker.token'));
      clients.push(client);
      return client;
    },
    async remove() {
      await stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function pathsOf(object: SampleObject): { readonly collection: string; readonly item: string } {
  const kind = kindOf(object.kind);
  const { name, namespace } = object.metadata;
  const scope = kind.namespaced ? `/namespaces/${namespace}` : '';
  const collection = `${apiPathOf(kind)}${scope}/${kind.plural}`;
  return { collection, item: `${collection}/${name}` };
}
