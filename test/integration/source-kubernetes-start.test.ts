// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { CommandContext } from '../../control-plane/cli/commands/context.js';
import { addControlPlaneCommand } from '../../control-plane/cli/commands/control-plane.js';
import { packageRoot } from '../../shared/process/package-root.js';
import { startTestCluster } from '../support/cluster.js';
import { startTestControlPlane } from '../support/control-plane.js';
import { eventually } from '../support/eventually.js';
import { sampleBackend, sampleGateway, samplePolicy } from '../support/sample-objects.js';

const OBJECTS = [sampleGateway(), sampleBackend(), samplePolicy('tcp', { time: '30s' })];
const GATEWAY = '/apis/gateway.networking.k8s.io/v1/namespaces/httpbin/gateways/agentgateway-proxy';

/** A port that was free a moment ago: what is to be asked before its server has said where it listens. */
async function findFreePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

describe('a control plane whose objects a cluster owns', () => {
  it('without a copy waits for every kind, says which, and serves no worker half of it', async () => {
    const cluster = await startTestCluster(...OBJECTS);
    const apiPort = await findFreePort();
    cluster.proxy.inject({
      match: ({ path }) => path.endsWith('/gateways'),
      fault: { do: 'answer', status: 503, body: { message: 'etcd is electing' } },
      times: 1_000_000,
    });
    const starting = startTestControlPlane({ kubernetes: cluster.options, apiPort });
    try {
      await eventually(async () => {
        const answer = await fetch(`http://127.0.0.1:${apiPort}/readyz`);
        assert.equal(answer.status, 503);
        const text = await answer.text();
        assert.match(text, /kubernetes: listing gateways \(etcd is electing\)/);
        assert.doesNotMatch(text, /listing agentgatewaypolicies/);
      });
      cluster.proxy.heal();
      const controlPlane = await starting;
      assert.equal((await controlPlane.get('/readyz')).status, 200);
      // One version, of everything together: nothing was compiled before.
      await controlPlane.untilVersion(1);
      const { resources } = await controlPlane.connect().open();
      assert.equal(
        resources.some(({ name }) => name?.startsWith('policy/frontend/httpbin/tcp')),
        true,
      );
    } finally {
      cluster.proxy.heal();
      await (await starting).remove();
      await cluster.close();
    }
  });

  it('with a copy serves it at once while the cluster is away, and catches up later', async () => {
    const cluster = await startTestCluster(...OBJECTS);
    const first = await startTestControlPlane({ kubernetes: cluster.options, storeKind: 'lmdb' });
    const { dataDir } = first;
    await first.untilVersion(1);
    await first.stop();
    await cluster.proxy.goDown();
    await cluster.remove(samplePolicy('tcp', {}));
    const second = await startTestControlPlane({
      ...{ kubernetes: cluster.options, storeKind: 'lmdb', dataDir },
    });
    try {
      assert.equal((await second.get('/readyz')).status, 200);
      assert.equal((await second.get(GATEWAY)).status, 200);
      await second.untilVersion(1);
      assert.notEqual((await second.connect().open()).resources.length, 0);
      await cluster.proxy.comeBack();
      await second.untilVersion(2);
    } finally {
      await second.remove();
      await cluster.close();
    }
  });
});

describe('deploy/kubernetes', () => {
  const dir = join(packageRoot(import.meta.url), 'deploy', 'kubernetes');
  const documents = readdirSync(dir)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => parseAllDocuments(readFileSync(join(dir, name), 'utf8')));
  const objects = documents.map((one) => one.toJS() as ManifestObject);

  it('is YAML without errors, every object named and in its namespace', () => {
    assert.deepEqual(
      documents.flatMap(({ errors }) => errors),
      [],
    );
    for (const { apiVersion, kind, metadata } of objects) {
      assert.match(apiVersion, /^([a-z0-9.]+\/)?v1$/);
      const isClusterScoped = kind === 'Namespace' || kind.startsWith('ClusterRole');
      assert.equal(metadata.namespace, isClusterScoped ? undefined : 'heartline-system', kind);
    }
  });

  it('gives the control plane flags that it takes', async () => {
    const { Command } = await import('commander');
    const program = new Command();
    addControlPlaneCommand(program, {} as CommandContext);
    const known = program.commands[0]?.options.map(({ long }) => long) ?? [];
    const deployment = objects.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'heartline-control-plane',
    );
    const args = deployment?.spec?.template?.spec.containers[0]?.args ?? [];
    assert.notEqual(args.length, 0);
    for (const arg of args) assert.equal(known.includes(arg.split('=')[0]), true, arg);
    assert.equal(deployment?.spec?.template?.spec.serviceAccountName, 'heartline-control-plane');
  });
});

interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: {
    readonly template?: {
      readonly spec: {
        readonly serviceAccountName?: string;
        readonly containers: readonly { readonly args?: readonly string[] }[];
      };
    };
  };
}
